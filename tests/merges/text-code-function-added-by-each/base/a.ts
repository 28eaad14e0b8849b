export function a() {
  return 1;
}

export function z() {
  return 26;
}
