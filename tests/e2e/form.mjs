// A page alone: an item is added, edited, ticked off, found again after a restart, and deleted, all on the page.
import assert from 'node:assert/strict'
import { answers, browse, eventually, freePort, play, stop } from './lib.mjs'

await play(async (start) => {
  const port = await freePort()
  const node = `http://127.0.0.1:${port}`
  const startNode = () => start('node --env-file-if-exists=.env services/web/src/main.ts', { PORT: `${port}` })
  let service = startNode()
  await answers(`${node}/readyz`, 60)

  const { browser, page, errors, picture } = await browse(node, { colorScheme: 'light' })
  const rows = page.getByRole('listitem')
  const reads = (...titles) => eventually(`${titles}`, async () => assert.deepEqual(await page.locator('.items li span').allInnerTexts(), titles))
  await page.getByText('No item yet.').waitFor()
  await picture('form-empty-light')
  const add = async (title) => {
    await page.getByLabel('New item').fill(title)
    await page.getByRole('button', { name: 'Add' }).click()
    await page.getByText(title, { exact: true }).waitFor()
  }
  await add('Buy paint')
  await add('Order the long planks that go with the new shelves, two of them, sanded on both sides')
  await add('Call the plumber')
  await rows.first().waitFor()

  // What is empty is not sent; Escape leaves a title as it was.
  await page.getByLabel('New item').fill('   ')
  await page.getByLabel('New item').press('Enter')
  await page.getByRole('button', { name: 'Edit Buy paint' }).click()
  await page.getByLabel('Title').fill('Buy nothing')
  await page.getByLabel('Title').press('Escape')
  await page.getByText('Buy paint', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Edit Buy paint' }).click()
  await page.getByLabel('Title').fill('Buy blue paint')
  await picture('form-edit-light')
  await page.getByLabel('Title').press('Enter')
  await page.getByText('Buy blue paint', { exact: true }).waitFor()
  await page.getByLabel('New item').fill('')

  const box = page.getByRole('checkbox', { name: 'Buy blue paint' })
  await box.click()
  await eventually('ticked off', async () => assert.equal(await box.isChecked(), true))
  const long = 'Order the long planks that go with the new shelves, two of them, sanded on both sides'
  await reads('Call the plumber', long, 'Buy blue paint')

  // The service goes, and the page says so; it comes back with all that it was told.
  await stop(service, 'SIGKILL')
  await page.getByRole('button', { name: 'Delete Call the plumber' }).click()
  await eventually('the page says that nobody answers', async () => assert.match(await page.getByRole('alert').innerText(), /does not answer/))
  await picture('form-away-light')
  service = startNode()
  await answers(`${node}/readyz`, 60)
  await page.reload()
  await reads('Call the plumber', long, 'Buy blue paint')
  assert.equal(await box.isChecked(), true)

  await page.getByRole('button', { name: 'Delete Call the plumber' }).click()
  await reads(long, 'Buy blue paint')
  await picture('form-light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await picture('form-dark')

  const phone = await browse(node, { viewport: { width: 375, height: 800 }, colorScheme: 'dark' })
  await phone.page.getByText(long).waitFor()
  await phone.picture('form-phone-dark')
  await phone.page.getByRole('button', { name: 'Edit Buy blue paint' }).click()
  await phone.picture('form-phone-edit-dark')
  assert.ok((await phone.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0)
  assert.deepEqual([errors, phone.errors], [[], []])
  await phone.browser.close()
  await browser.close()
  assert.equal(await stop(service), 0)
})
