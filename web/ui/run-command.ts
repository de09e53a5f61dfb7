/** The only event that goes down: a command line to be typed into the active terminal, as the learner would. */
export class RunCommandEvent extends CustomEvent<{ readonly command: string }> {
  static readonly type = "run-command";

  constructor(command: string) {
    super(RunCommandEvent.type, { detail: { command }, bubbles: true, composed: true });
  }
}

/** A button pressed with the mouse must not take the keyboard away from the terminal. */
export function keepFocus(event: Event): void {
  event.preventDefault();
}
