const $ = (id) => document.getElementById(id)
const contract = fetch('docs/contract.json').then((answer) => answer.json())

/** Where the contract says that an operation is. */
async function pathOf(operationId) {
  const documents = Object.values((await contract).openapi)
  const paths = documents.flatMap(({ paths }) => Object.entries(paths))
  const [path] = paths.find(([, item]) => Object.values(item).some((one) => one.operationId === operationId))
  return path.slice(1)
}

async function load() {
  const state = await fetch(await pathOf('describePipeline')).then((answer) => answer.json())
  $('state').textContent = `Run ${state.run}: ${state.events} events, ${state.waiting} files wait.`
}

load().catch((problem) => {
  $('error').textContent = problem.message
})
