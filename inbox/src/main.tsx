/** Starts the page. */
import { render } from "preact";
import "./styles/base.css";
import { App } from "./views/App.tsx";

const root = document.querySelector("#inbox");
if (root !== null) render(<App />, root);
