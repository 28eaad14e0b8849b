import { $, call, pathOf } from './service.js'

const ready = async () => call(await pathOf('isReady'))
$('state').textContent = await ready().then(
  () => 'The service is up.',
  ({ message }) => message || 'The service is not ready.',
)
