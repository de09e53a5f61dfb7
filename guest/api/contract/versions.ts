/** Which Engine API we speak (Docker 26.1). A client asks for a version in the path; outside of the two it is refused. */
export const API_VERSION = "1.45";
export const MIN_API_VERSION = "1.24";
/** What `docker version` calls the server's version. */
export const ENGINE_VERSION = "26.1.4";
export const SERVER_NAME = "Docker/26.1.4 (linux)";
/** Where the engine listens. */
export const ENGINE_SOCKET = "/run/docker.sock";
