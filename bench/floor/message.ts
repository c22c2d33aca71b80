export type Message = { id: string; from: string; timestamp: string; text: { body: string } };
