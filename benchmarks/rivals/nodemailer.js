// The letters as nodemailer's documentation sends many: a pool of connections.
// nodemailer.js MODULE PORT COUNT TEMPLATE

const [module_, port, count, path] = process.argv.slice(2);
const nodemailer = require(module_);
const template = JSON.parse(require("fs").readFileSync(path, "utf8"));
const CONNECTIONS = 16;

const fill = (words, number) =>
  words
    .replaceAll("$EMAIL", `reader${number}@example.org`)
    .replaceAll("$UNSUBSCRIBEURL", `${template.unsubscribe_url}${number}`)
    .replaceAll("$CONFIRMEDON", "3 May 2026");

const letter = (number) => ({
  from: `The Weekly Dive <${template.sender}>`,
  to: `Ada Reader ${number} <reader${number}@example.org>`,
  subject: template.subject,
  list: { unsubscribe: `${template.unsubscribe_url}${number}` },
  text: fill(template.text, number),
  html: fill(template.html, number),
});

const transport = nodemailer.createTransport({
  pool: true,
  maxConnections: CONNECTIONS,
  maxMessages: Infinity,
  host: "127.0.0.1",
  port: Number(port),
  secure: false,
  ignoreTLS: true,
});

async function main() {
  const start = process.hrtime.bigint();
  const before = process.cpuUsage();
  let next = 0;
  const sendUntilDone = async () => {
    while (next < Number(count)) await transport.sendMail(letter(next++));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sendUntilDone));
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(before);
  transport.close();
  console.log(JSON.stringify({ seconds, cpu: (user + system) / 1e6 }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
