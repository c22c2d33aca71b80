/** A Worker that reminds customers of appointments, and shows who has written, through Paloma. */
import type { PalomaBinding } from "../../../src/index.ts";

type CallerEnv = { PALOMA: PalomaBinding };

type Appointment = {
  id: number;
  to: string;
  name: string;
  pet: string;
  date: string;
  time: string;
};

export default {
  async fetch(request, { PALOMA }) {
    const { pathname } = new URL(request.url);
    if (request.method === "POST" && pathname === "/reminders") {
      const appointments: Appointment[] = await request.json();
      // Repeated as often as you like, each customer is reminded once of each appointment.
      const batch = await PALOMA.sendBatch(appointments.map(reminderOf));
      return batch.ok
        ? Response.json(batch.data)
        : Response.json(batch.problem, { status: batch.problem.status });
    }
    if (request.method === "POST" && pathname === "/reply") {
      const { to, body }: { to: string; body: string } = await request.json();
      const sent = await PALOMA.send({ to, text: { body } });
      if (sent.ok) return Response.json({ id: sent.message.id, status: sent.message.status });
      // The code tells what to do: outside the session window only a template may go out.
      const closed = sent.problem.code === "session_window_closed";
      return Response.json(
        { closed, detail: sent.problem.detail },
        { status: sent.problem.status },
      );
    }
    if (pathname === "/unread") {
      const list = await PALOMA.listConversations({ unread: true });
      return list.ok
        ? Response.json(list.data.map(({ subject, unread_count }) => ({ subject, unread_count })))
        : Response.json(list.problem, { status: list.problem.status });
    }
    return new Response(null, { status: 404 });
  },
} satisfies ExportedHandler<CallerEnv>;

function reminderOf({ id, to, ...params }: Appointment) {
  return {
    to,
    type: "template",
    template: { name: "appointment_reminder", params },
    idempotency_key: `appointment-${id}`,
  };
}
