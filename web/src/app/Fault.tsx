/** Stands where a screen broke: says so and offers to load the page again, instead of an empty window. */
import { Component, type ReactNode } from "react";
import { useText } from "../i18n/language";

export class Fault extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    return this.state.broken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const text = useText();
  return (
    <main className="full">
      <div className="still"><h1>{text.app.broke}</h1><span>{text.app.brokeMore}</span><button type="button" className="btn" onClick={() => location.reload()}>{text.app.reload}</button></div>
    </main>
  );
}
