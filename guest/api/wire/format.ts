/** Heads written out. A header value with a line break would be an attack; such a value is a programming error. */
const REASONS: Readonly<Record<number, string>> = {
  101: "UPGRADED",
  200: "OK",
  201: "Created",
  204: "No Content",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
};

export type HeaderList = readonly (readonly [name: string, value: string])[];

export function formatResponseHead(status: number, headers: HeaderList): string {
  return formatHead(`HTTP/1.1 ${status} ${REASONS[status] ?? "Status"}`, headers);
}

export function formatRequestHead(method: string, target: string, headers: HeaderList): string {
  return formatHead(`${method} ${target} HTTP/1.1`, headers);
}

function formatHead(startLine: string, headers: HeaderList): string {
  let text = `${startLine}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  return `${text}\r\n`;
}
