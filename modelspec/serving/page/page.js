// A form made of the server's own OpenAPI document. Whether a value is right is for the server
// to say: what it refuses is shown at the field that it names.

const get = (id) => document.getElementById(id);

function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** What a cell of the schema may be. */
function kinds(cell) {
  const options = cell.anyOf ?? [cell];
  const number = options.find((one) => one.type === "number");
  return {
    number,
    values: options.find((one) => one.enum)?.enum,
    missing: options.some((one) => one.type === "null"),
  };
}

function range({ minimum, maximum }) {
  if (minimum !== undefined && maximum !== undefined) return `From ${minimum} to ${maximum}.`;
  if (minimum !== undefined) return `At least ${minimum}.`;
  return maximum === undefined ? "" : `At most ${maximum}.`;
}

class Field {
  constructor(name, cell, index) {
    const { number, values, missing } = kinds(cell);
    Object.assign(this, { name, number, usual: cell.examples?.[0] });
    const id = `field-${index}`;
    this.input = values ? this.#select(values, missing) : made("input", { autocomplete: "off" });
    this.input.id = id;
    if (number) this.input.inputMode = "decimal";
    const label = made("label", { htmlFor: id }, name);
    if (missing) label.append(" ", made("small", {}, "may be missing"));
    else this.input.required = true;
    const hint = [number && range(number), cell.description].filter(Boolean).join(" ");
    this.hint = made("span", { className: "hint", id: `${id}-hint`, hidden: !hint }, hint);
    this.wrong = made("span", { className: "wrong", id: `${id}-wrong`, hidden: true });
    this.element = made("div", { className: "field" }, label, this.input, this.hint, this.wrong);
    this.excuse();
  }

  #select(values, missing) {
    const none = made("option", { value: "" }, missing ? "missing" : "choose …");
    // By position: a category may be called anything, also "".
    const known = values.map((value, at) => made("option", { value: String(at) }, value || "(empty)"));
    this.values = values;
    return made("select", {}, none, ...known);
  }

  /** The cell as it is sent; null where it is missing. */
  get cell() {
    const text = this.input.value;
    if (this.values) return text === "" ? null : this.values[text];
    if (!this.number) return text === "" ? null : text;
    const typed = text.trim();
    if (typed === "") return null;
    // What is no number goes as it was typed, for the server to refuse.
    return Number.isFinite(Number(typed)) ? Number(typed) : text;
  }

  fill(value) {
    if (value === undefined) this.input.value = "";
    else this.input.value = this.values ? String(this.values.indexOf(value)) : String(value);
    this.excuse();
  }

  accuse(reason) {
    this.wrong.textContent = reason;
    this.#mark(true);
  }

  excuse() {
    this.#mark(false);
  }

  #mark(isWrong) {
    this.wrong.hidden = !isWrong;
    this.input.setAttribute("aria-invalid", String(isWrong));
    const described = [this.hint, this.wrong].filter((one) => !one.hidden).map((one) => one.id);
    if (described.length) this.input.setAttribute("aria-describedby", described.join(" "));
    else this.input.removeAttribute("aria-describedby");
  }
}

const percent = (share) =>
  new Intl.NumberFormat("en", { style: "percent", maximumSignificantDigits: 3 }).format(share);

function score(name, share) {
  const filled = made("span");
  filled.style.width = `${100 * share}%`;
  const track = made("span", { className: "track" }, filled);
  track.setAttribute("aria-hidden", "true");
  return made("li", { className: "score" }, made("span", {}, name), made("span", {}, percent(share)), track);
}

/** An answer, most likely class first. */
function shown(prediction, schema) {
  if (typeof prediction === "number") {
    const text = String(Number(prediction.toPrecision(6)));
    return [made("p", { className: "label" }, text)];
  }
  const { label, probability, probabilities } = prediction;
  let shares = Object.entries(probabilities ?? {});
  let note = "";
  if (probability !== undefined) {
    const [negative, positive] = schema.properties.label.enum;
    shares = [[positive, probability], [negative, 1 - probability]];
    note = schema.properties.probability.description.replace(/^Of/, "of");
  }
  shares.sort(([, one], [, other]) => other - one);
  const scores = made("ul", { className: "scores" }, ...shares.map((one) => score(...one)));
  scores.setAttribute("aria-label", "Probabilities");
  const found = [made("p", { className: "label" }, label), scores];
  return note ? [...found, made("p", { className: "hint" }, `The probability ${note}`)] : found;
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

class Page {
  constructor(api) {
    const { NamedRow, Prediction } = api.components.schemas;
    this.prediction = Prediction;
    const path = Object.keys(api.paths).find((one) => one.endsWith(":predict"));
    this.url = new URL(path.slice(1), document.baseURI);
    document.title = `Try ${api.info.title}`;
    get("name").textContent = api.info.title;
    get("about").textContent = `${api.info.summary}, version ${api.info.version}`;
    this.fields = Object.entries(NamedRow.properties).map((one, index) => new Field(...one, index));
    get("fields").append(...this.fields.map((field) => field.element));
    this.#listen();
    this.#fill((field) => field.usual);
  }

  #listen() {
    get("usual").addEventListener("click", () => this.#fill((field) => field.usual));
    get("copy").addEventListener("click", () => this.#copy());
    const form = get("form");
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      this.#fill(() => undefined);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask();
    });
    for (const field of this.fields) {
      field.input.addEventListener("input", () => {
        field.excuse();
        this.#show_command();
      });
    }
  }

  #fill(value) {
    for (const field of this.fields) field.fill(value(field));
    get("alarm").hidden = true;
    this.#show_command();
  }

  /** A request with one row, a line for each cell. */
  #body() {
    const pair = ({ name, cell }) => `  ${JSON.stringify(name)}: ${JSON.stringify(cell)}`;
    const cells = this.fields.filter((field) => field.cell !== null).map(pair);
    return `{"instances": [{\n${cells.join(",\n")}\n}]}`;
  }

  #show_command() {
    get("curl").textContent = `curl -d ${quoted(this.#body())} \\\n${this.url}`;
  }

  async #copy() {
    await navigator.clipboard.writeText(get("curl").textContent);
    get("copy").textContent = "Copied";
    setTimeout(() => { get("copy").textContent = "Copy"; }, 1500);
  }

  async #ask() {
    if (this.asking) return;
    this.asking = true;
    get("predict").setAttribute("aria-disabled", "true");
    for (const field of this.fields) field.excuse();
    get("alarm").hidden = true;
    try {
      const headers = { "content-type": "application/json" };
      const reply = await fetch(this.url, { method: "POST", headers, body: this.#body() });
      const answer = await reply.json();
      if (reply.ok) this.#tell(answer.predictions[0]);
      else this.#refused(answer);
    } catch {
      this.#refused({ detail: "The server does not answer." });
    } finally {
      this.asking = false;
      get("predict").removeAttribute("aria-disabled");
    }
  }

  #tell(prediction) {
    get("shown").replaceChildren(...shown(prediction, this.prediction));
    const result = get("result");
    // Where both are side by side, the answer is in view.
    if (result.getBoundingClientRect().top > innerHeight / 2) result.scrollIntoView();
  }

  #refused({ detail, feature }) {
    get("shown").replaceChildren(made("p", { className: "hint" }, "Not answered."));
    const field = this.fields.find((one) => one.name === feature);
    if (field) {
      const place = `${feature}: `;
      field.accuse(detail.slice(detail.indexOf(place) + place.length));
      field.input.focus();
    } else {
      get("alarm").textContent = detail;
      get("alarm").hidden = false;
    }
  }
}

async function start() {
  try {
    const reply = await fetch("openapi.json");
    const api = await reply.json();
    if (!reply.ok) throw new Error(api.detail);
    new Page(api);
  } catch (error) {
    get("alarm").textContent = `The model cannot be described: ${error.message}`;
    get("alarm").hidden = false;
    get("predict").disabled = true;
  }
}

start();
