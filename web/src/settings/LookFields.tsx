/** Theme, density and language of this device. */
import { speak, useText } from "../i18n/language";
import { changeLook, useLook, type Look } from "../theme/look";

interface Props<K extends keyof Look> {
  title: string;
  field: K;
  options: readonly (readonly [Look[K], string])[];
  choose?: (value: Look[K]) => void;
}

function Choice<K extends keyof Look>({ title, field, options, choose = (value) => changeLook({ [field]: value }) }: Props<K>) {
  const now = useLook((look) => look[field]);
  return (
    <div className="choice"><span id={`look-${field}`}>{title}</span>
      <div className="seg" role="group" aria-labelledby={`look-${field}`}>{options.map(([value, name]) => <button key={value} type="button" aria-pressed={now === value} onClick={() => choose(value)}>{name}</button>)}</div>
    </div>
  );
}

export function LookFields() {
  const { look } = useText();
  return (
    <section className="looks">
      <Choice title={look.theme} field="theme" options={[["system", look.system], ["light", look.light], ["dark", look.dark]]} />
      <Choice title={look.density} field="density" options={[["comfortable", look.comfortable], ["compact", look.compact]]} />
      <Choice title={look.language} field="lang" options={[["en", "English"], ["ko", "한국어"]]} choose={(lang) => void speak(lang)} />
    </section>
  );
}
