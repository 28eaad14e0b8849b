export function a() {
  return 1;
}

export function mine() {
  return 2;
}

export function z() {
  return 27;
}
