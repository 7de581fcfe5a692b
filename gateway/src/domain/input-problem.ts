/** Why inputs cannot be resolved; the message is shown to users as the kubelet words it. */
export class InputProblem extends Error {
  override readonly name = "InputProblem";
}
