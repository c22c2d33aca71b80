/** All words of the page, in Spanish of Mexico. `en.ts` must have the same ones. */

import type { Wait } from "../time/wait.ts";

const plural = new Intl.PluralRules("es");

/** "1 mensaje", "3 mensajes". */
function counted(count: number, one: string, other: string): string {
  return `${count} ${plural.select(count) === "one" ? one : other}`;
}

export const es = {
  inbox: "Bandeja",
  loading: "Cargando…",
  language: "English",

  accessKey: "Clave de acceso",
  signIn: "Entrar",
  signOut: "Salir",
  wrongKey: "Esa clave no es válida.",
  tooManyTries: "Demasiados intentos. Espera un minuto.",
  sessionEnded: "Tu sesión terminó. Lo que escribiste sigue aquí.",
  noAccess: "Tu cuenta no tiene acceso a la bandeja. Pídelo a quien administra.",
  accessSignIn: "Inicia sesión con tu cuenta",
  unreachable: "No hay conexión con el servidor. Inténtalo otra vez.",
  notLoaded: "No se pudo cargar.",
  tryAgain: "Reintentar",
  notYetOut:
    "Todavía no has salido: no hay conexión con el servidor. Deja esta página abierta hasta que desaparezca este aviso.",
  unsentAtSignOut: (count: number) =>
    `${counted(count, "mensaje no ha salido", "mensajes no han salido")} y se perderá al salir. ¿Salir?`,

  skipTo: { list: "Ir a la lista", thread: "Ir a los mensajes", box: "Ir a escribir" },
  conversations: "Conversaciones",
  search: "Buscar",
  searchHint: "Nombre o número",
  tabs: { open: "Abiertas", waiting: "Sin responder", mine: "Mías", closed: "Cerradas" },
  unreadOnly: "Solo no leídas",
  noConversations:
    "Todavía nadie ha escrito. Las conversaciones aparecen aquí en cuanto llega un mensaje.",
  nothingHere: {
    open: "No hay conversaciones abiertas.",
    waiting: "Nadie espera respuesta.",
    mine: "No tienes conversaciones asignadas.",
    closed: "No hay conversaciones cerradas.",
  },
  nothingFiltered: (tab: string) => `En «${tab}» no hay ninguna que pase el filtro.`,
  nothingFound: "Nadie coincide con la búsqueda.",
  changes: (count: number) => counted(count, "cambio", "cambios"),
  unfilter: "Quitar el filtro",
  number: "Número",
  allNumbers: "Todos los números",
  unread: (count: number) => `${count} sin leer`,
  rowLabel: (name: string, parts: readonly string[]) => [name, ...parts].join(", "),
  lastWas: (text: string) => `última: ${text}`,
  draft: "Borrador",
  closesSoon: "se cierra pronto",
  waits: ({ unit, count }: Wait) => `${count} ${{ minute: "min", hour: "h", day: "d" }[unit]}`,
  hasWaited: (time: string) => `espera desde hace ${time}`,
  assignee: "Asignada a",
  assignedTo: (name: string) => `asignada a ${name}`,
  me: "Yo",
  nobody: "Sin asignar",

  newConversation: "Nueva conversación",
  phone: "Teléfono, con clave de país",
  noPhone: "Este número no es válido. Escríbelo como +52 998 123 4567.",
  next: "Continuar",
  cancel: "Cancelar",

  messages: "Mensajes",
  back: "Volver a la lista",
  pickOne: "Elige una conversación",
  newMessages: (count: number) => counted(count, "mensaje nuevo", "mensajes nuevos"),
  jumpDown: "Ir al final",
  said: (name: string, text: string) => `${name}: ${text}`,
  newsOfOthers: (count: number) =>
    `Mensajes nuevos en ${counted(count, "otra conversación", "otras conversaciones")}`,
  you: "Tú",
  phoneApp: "Celular",
  gone: "Esta conversación se borró.",
  noMessages: "No hay mensajes.",
  readMore: "Leer más",
  reply: "Responder",
  replyingTo: (name: string) => `Respuesta a ${name}`,
  cancelReply: "Quitar la cita",
  quoteMissing: "Mensaje citado",
  showQuoted: "Ver el mensaje citado",
  edited: "editado",
  revoked: "Se eliminó este mensaje",
  reactions: "Reacciones",
  react: "Reaccionar",
  reactionGone: "Reacción quitada",
  messageOptions: "Opciones del mensaje",
  copy: "Copiar",
  copied: "Copiado",
  notCopied: "No se pudo copiar.",
  details: "Detalles",
  facts: {
    from: "De",
    written: "Escrito",
    received: "Recibido",
    price: "Precio",
    reason: "Motivo",
  },
  fromAd: "Llegó por un anuncio",
  cancelMessage: "Cancelar el envío",
  undone: {
    notChanged: "El servidor no guardó el cambio. Inténtalo otra vez.",
    notCanceled: "No se pudo cancelar. Inténtalo otra vez.",
    alreadyLeft: "Ya salió: no se pudo cancelar.",
  },
  olderMissing: "Los mensajes anteriores no llegan. Se vuelve a intentar…",

  setPending: "Pendiente",
  close: "Cerrar",
  reopen: "Reabrir",
  undo: "Deshacer",
  closed: "Conversación cerrada.",

  composer: "Escribe un mensaje",
  composerFor: (name: string) => `Escribe a ${name}…`,
  send: "Enviar",
  readOnly: "Tu clave solo permite leer.",
  tooLong: (most: number) => `WhatsApp acepta hasta ${most} caracteres.`,

  status: {
    scheduled: "Programado",
    queued: "En cola",
    pending: "En cola",
    waiting: "En cola",
    accepted: "Enviado",
    sent: "Enviado",
    delivered: "Entregado",
    read: "Leído",
    played: "Leído",
    failed: "No entregado",
    unconfirmed: "Sin confirmar",
    canceled: "Cancelado",
  },
  scheduledFor: (time: string) => `Programado ${time}`,
  heldBack: (time: string) => `Lo escribiste ${time}. ¿Enviar?`,
  overtaken: (name: string) => `${name} respondió mientras tanto. ¿Enviar?`,
  sendNow: "Enviar ahora",
  discard: "Descartar",
  editAgain: "Editar",
  notSent: "No se envió",

  polling: "Las novedades llegan cada pocos segundos.",
  reconnecting: "Reconectando…",
  offline: "Sin conexión…",
  whileOffline: "Lo que escribas saldrá al volver.",
  delayed: "Los datos llegan con retraso.",
  newVersion: "Hay una versión nueva.",
  reload: "Recargar",

  typing: (names: readonly string[]) =>
    names.length === 1
      ? `${names.join("")} está escribiendo…`
      : `${names.join(", ")} están escribiendo…`,
  looking: (names: readonly string[]) =>
    names.length === 1
      ? `${names.join("")} también está aquí.`
      : `${names.join(", ")} también están aquí.`,
  answeredMeanwhile: (name: string, time: string) =>
    `${name} respondió a las ${time}. Presiona Enviar otra vez si aún quieres enviarlo.`,

  timeHere: (time: string, here: string) => `${time} (en este equipo: ${here})`,

  windowLeft: (hours: number, minutes: number) =>
    hours === 0 ? `Quedan ${minutes} min` : `Quedan ${hours} h ${minutes} min`,
  windowUntil: (time: string) => `Puedes responder libremente hasta: ${time}`,
  windowClosed: "Pasaron 24 horas desde su último mensaje. WhatsApp solo permite plantillas.",
  windowNever: "Esta persona todavía no te ha escrito. WhatsApp solo permite plantillas.",
  yourDraft: "Tu borrador",
  chooseTemplate: "Elegir plantilla",

  templates: "Plantillas",
  findTemplate: "Buscar plantilla",
  noTemplates: "No hay plantillas aprobadas.",
  categories: { UTILITY: "utilidad", MARKETING: "marketing", AUTHENTICATION: "autenticación" },
  noSuchTemplate: "Ninguna plantilla coincide con la búsqueda.",
  templatePreview: "Vista previa",
  sendTemplate: "Enviar plantilla",
  headerField: (name: string) => `Encabezado {{${name}}}`,
  bodyField: (name: string) => `{{${name}}}`,
  buttonField: (text: string) => `Botón «${text}»`,
  fileField: "Enlace del archivo (https://…)",
  marketing: "Publicidad: no llega a quien pidió no recibirla.",
  required: "Falta este dato.",
  badParameter: "Escríbelo en una línea, sin tabuladores ni más de 4 espacios seguidos.",
  dismiss: "Cerrar",

  files: {
    image: "Foto",
    video: "Video",
    audio: "Audio",
    voice: "Nota de voz",
    document: "Documento",
    sticker: "Sticker",
  },
  types: {
    location: "Ubicación",
    contacts: "Contacto",
    order: "Pedido",
    interactive: "Mensaje interactivo",
    button: "Respuesta",
    template: "Plantilla",
    system: "Aviso de WhatsApp",
    reaction: "Reacción",
    revoke: "Mensaje eliminado",
    unsupported: "Mensaje no compatible",
  },
  download: "Descargar",
  fileLost: "El archivo ya no está disponible.",
  cannotPlay: "Este navegador no reproduce este audio.",
  openMap: "Ver en el mapa",
  quantity: (count: number, what: string) => `${count} × ${what}`,

  resend: "Enviar de nuevo",
  resendSure: "No sabemos si ya llegó. Si lo envías de nuevo puede llegar dos veces. ¿Enviar?",
  diagnose: "Ver diagnóstico",
  metaSays: "Lo que dice WhatsApp",
  failures: {
    window: "Pasaron las 24 horas. Solo se puede enviar una plantilla.",
    undeliverable:
      "No se pudo entregar: quizá el número no tiene WhatsApp o su versión es antigua.",
    withheld: "WhatsApp decidió no entregarlo por ahora. Inténtalo mañana; no insistas hoy.",
    file: "WhatsApp no acepta este tipo de archivo.",
    pace: "Demasiados mensajes seguidos; saldrá solo en un momento.",
    optedOut: "Esta persona pidió no recibir promociones.",
    template: "La plantilla no coincide o no está aprobada.",
    reaction: "WhatsApp no acepta una reacción a este mensaje: tiene más de 30 días o se eliminó.",
    account: "WhatsApp no acepta nuestra cuenta. Avisa a quien administra.",
    unconfirmed: "No sabemos si llegó. Espera a ver las palomitas antes de repetirlo.",
    expired: "No salió a tiempo y ya no se envió.",
    other: "No se entregó.",
  },

  systemStatus: "Estado",
  checks: { ok: "Bien", warn: "Atención", fail: "Falla" },
} as const;

type Widened<Literal> = {
  readonly [Key in keyof Literal]: Literal[Key] extends string
    ? string
    : Literal[Key] extends (...values: infer Values) => string
      ? (...values: Values) => string
      : Widened<Literal[Key]>;
};

export type Words = Widened<typeof es>;
