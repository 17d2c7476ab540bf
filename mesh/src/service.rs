//! A service inside the mesh: its task, its own soft stop, its outcome.

use anyhow::Context as _;
use chassis::Context;
use tokio::task::JoinHandle;

/// A running service.
pub struct Service {
    name: &'static str,
    context: Context,
    /// None once the outcome was taken.
    task: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Service {
    /// Spawns the service's entry point with a stage of the mesh's context.
    pub fn start(mesh: &Context, name: &'static str, run: impl FnOnce(Context) -> chassis::Running) -> Self {
        let context = mesh.stage(name);
        let task = Some(tokio::spawn(run(context.clone())));
        Self { name, context, task }
    }

    /// Resolves when the service ends, with how it ended; later calls give `Ok`.
    pub async fn ended(&mut self) -> anyhow::Result<()> {
        let Some(task) = &mut self.task else { return Ok(()) };
        let ended = task.await;
        self.task = None;
        ended.with_context(|| format!("the {} broke off", self.name))?.context(self.name)
    }

    /// Lets it drain and waits for it and its tasks.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.context.lifecycle.stop();
        let outcome = self.ended().await;
        self.context.lifecycle.drained().await;
        outcome
    }
}
