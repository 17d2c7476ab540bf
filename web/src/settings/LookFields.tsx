/** Theme, density and language of this device. */
import { useText } from "../i18n/language";
import { changeLook, useLook, type Look } from "../theme/look";

function Choice<K extends keyof Look>({ title, field, options }: { title: string; field: K; options: readonly (readonly [Look[K], string])[] }) {
  const now = useLook((look) => look[field]);
  return (
    <div className="choice"><span id={`look-${field}`}>{title}</span>
      <div className="seg" role="group" aria-labelledby={`look-${field}`}>{options.map(([value, name]) => <button key={value} type="button" aria-pressed={now === value} onClick={() => changeLook({ [field]: value })}>{name}</button>)}</div>
    </div>
  );
}

export function LookFields() {
  const { look } = useText();
  return (
    <section className="looks">
      <Choice title={look.theme} field="theme" options={[["system", look.system], ["light", look.light], ["dark", look.dark]]} />
      <Choice title={look.density} field="density" options={[["comfortable", look.comfortable], ["compact", look.compact]]} />
      <Choice title={look.language} field="lang" options={[["en", "English"], ["ko", "한국어"]]} />
    </section>
  );
}
