/** Start lines. Headers are written as text where they are known: there are few, and heads are made for every call. */
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

/** "HTTP/1.1 200 OK" with its line end. */
export function responseLine(status: number): string {
  return `HTTP/1.1 ${status} ${REASONS[status] ?? "Status"}\r\n`;
}

/** "GET /info HTTP/1.1" with its line end. */
export function requestLine(method: string, target: string): string {
  return `${method} ${target} HTTP/1.1\r\n`;
}
