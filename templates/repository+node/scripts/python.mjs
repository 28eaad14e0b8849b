// Runs a Python script with a Python that is new enough, wherever the system keeps it.
import { spawn, spawnSync } from 'node:child_process'

const CANDIDATES = [process.env.PYTHON, 'python3', 'python', 'py -3', 'uv run --no-project python']
const ENOUGH = 'import sys; sys.exit(sys.version_info < (3, 11))'

const python = CANDIDATES.filter(Boolean)
  .map((line) => line.split(' '))
  .find(([command, ...words]) => spawnSync(command, [...words, '-c', ENOUGH]).status === 0)
if (!python) {
  console.error('error: there is no Python 3.11 or later')
  console.error('hint: install one, or say where it is: PYTHON=/path/to/python3 npm run …')
  process.exit(1)
}

const [command, ...words] = python
const child = spawn(command, [...words, ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
