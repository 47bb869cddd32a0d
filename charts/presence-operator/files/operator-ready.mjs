// `helm test` runs this in the operator image: asks the operator through its Service whether it is ready.
const { READY_URL, LIMIT_SECONDS } = process.env;
const RETRY_MS = 1_000;
const ANSWER_MS = 5_000;

async function ready() {
  const response = await fetch(READY_URL, { signal: AbortSignal.timeout(ANSWER_MS) });
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
}

const giveUp = Date.now() + Number(LIMIT_SECONDS) * 1_000;
for (;;) {
  try {
    await ready();
    console.log(`The operator is ready: ${READY_URL}`);
    process.exit(0);
  } catch (error) {
    if (Date.now() > giveUp) {
      console.error(`The operator is not ready within ${LIMIT_SECONDS} s: ${READY_URL}: ${error.message}`);
      process.exit(1);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
