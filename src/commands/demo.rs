//! `demo`: a walk through both routes on an embedded endpoint.

use super::test;
use crate::cli::DemoArgs;
use crate::console::{Console, Paint};
use crate::demo::Demo;
use crate::error::{Exit, Result};
use crate::escape::escape;
use crate::interrupt::run_until_signal;

/// Starts the demo, makes its tests, and ends it.
pub(super) async fn run(args: &DemoArgs, console: &Console) -> Result<Exit> {
    let demo = Demo::start().await?;
    // Who keeps the files wants to repeat the commands.
    run_until_signal(walk(&demo, console, args.verbose || args.keep)).await?;
    demo.finish(args.keep, |sentence| console.say(sentence)).await?;
    Ok(Exit::Success)
}

/// Makes the tests, each shown as its verdict or as a whole.
async fn walk(demo: &Demo, console: &Console, whole: bool) -> Result<()> {
    console.say(demo.introduction());
    let brief = console.brief();
    for step in demo.steps() {
        let (title, prompt) = (escape(step.title), console.paint(Paint::Prompt, "$"));
        console.write(&format!("\n{}\n", console.paint(Paint::Heading, &title)));
        if whole {
            console.write(&format!("{prompt} {}\n", escape(&step.command())));
        }
        let exit = test::test(&step.args()?, if whole { console } else { &brief }).await?;
        console.write(&format!("{}  {}\n", console.paint(Paint::Dim, "exit"), exit as u8));
        step.check(exit)?;
    }
    Ok(())
}
