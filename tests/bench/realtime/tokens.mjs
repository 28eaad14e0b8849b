// Prints a token for each of so many clients, one a line; to be run in an emitted repository.
// node tokens.mjs SECRET COUNT
import { createRequire } from 'node:module'

const [secret, count] = process.argv.slice(2)
const { SignJWT } = createRequire(`${process.cwd()}/`)('jose')
const key = Buffer.from(secret)

for (let index = 0; index < Number(count); index++) {
  const token = new SignJWT({ sub: `client-${index}`, name: `Client ${index}`, read: ['*'], publish: ['*'] })
  console.log(await token.setProtectedHeader({ alg: 'HS256' }).setExpirationTime('2h').sign(key))
}
