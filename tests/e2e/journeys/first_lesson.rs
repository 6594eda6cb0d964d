//! The first lesson as a student plays it: every command typed, every step turning green; a
//! reload in the middle loses nothing; the page looked at in both sizes.

use anyhow::{Context, Result, ensure};
use e2e::Journey;
use e2e::key::{CONTROL, ENTER};
use serde_json::json;

/// Types a command on a machine and waits for its prompt to come back.
fn run(journey: &Journey, machine: &str, command: &str) -> Result<()> {
    journey.click(&format!("[role=tab][data-machine=\"{machine}\"]"))?;
    journey.wait_until(&format!("!!document.querySelector('[data-terminal=\"{machine}\"]')"), 5)?;
    let before = typed(journey, command)?;
    let field = format!("[data-terminal-input=\"{machine}\"]");
    // the first visit finds the lesson's first command in the prompt
    journey.click(&field)?;
    journey.chord(&[CONTROL, 'u'])?;
    journey.type_into(&field, &format!("{command}{ENTER}"))?;
    for _ in 0..200 {
        let busy = format!("document.querySelector('[data-terminal=\"{machine}\"]').dataset.busy");
        journey.wait_until(&format!("{busy} === 'false'"), 120)?;
        if typed(journey, command)? > before {
            return Ok(());
        }
    }
    anyhow::bail!("`{command}` never stood above the prompt of {machine}")
}

/// How often a command stands in the open terminal's log.
fn typed(journey: &Journey, command: &str) -> Result<u64> {
    let count = journey.script(
        "return document.querySelector('[role=log]').innerText.split(arguments[0]).length - 1",
        &json!([command]),
    )?;
    count.as_u64().context("not a number")
}

/// Answers a question of the current step.
fn answer(journey: &Journey, id: &str, value: &str) -> Result<()> {
    journey.type_into(&format!("[data-ask=\"{id}\"] input"), &format!("{value}{ENTER}"))
}

/// Waits until a step is passed.
fn passed(journey: &Journey, step: &str) -> Result<()> {
    let state = format!(
        "(document.querySelector('[data-step=\"{step}\"]') || {{dataset: {{}}}}).dataset.stepState"
    );
    let over = "!!document.querySelector('[data-lesson-finished]')";
    journey.wait_until(&format!("{state} === 'passed' || {over}"), 60)
}

/// The last line of the open terminal that holds `word`, cut at blanks.
fn row(journey: &Journey, word: &str) -> Result<Vec<String>> {
    let text = journey.text("[role=log]")?;
    let line = text.lines().rev().find(|l| l.contains(word));
    let line = line.with_context(|| format!("no line with `{word}` in:\n{text}"))?;
    Ok(line.split_whitespace().map(str::to_owned).collect())
}

#[test]
fn first_lesson_by_typing() -> Result<()> {
    let journey = Journey::start()?;
    journey.viewport(1366, 768)?;
    journey.goto("")?;
    journey.wait_until("!!document.querySelector('[data-ready]')", 30)?;

    run(&journey, "node2", "docker run -d -p 5000:5000 sposigor/app-flask-teste:1")?;
    run(&journey, "node2", "docker ps")?;
    run(&journey, "node1", "docker ps")?;
    answer(&journey, "quantas", "1")?;
    passed(&journey, "so-nesta-maquina")?;

    run(&journey, "node2", "docker rm -f $(docker ps -q)")?;
    run(&journey, "node2", "docker service create -p 5000:5000 sposigor/app-flask-teste:1")?;
    ensure!(journey.text("[role=log]")?.contains("This node is not a swarm manager"));
    passed(&journey, "o-trabalhador-recusa")?;

    run(&journey, "node1", "docker service create -p 5000:5000 sposigor/app-flask-teste:1")?;
    ensure!(journey.text("[role=log]")?.contains("verify: Service converged"));
    passed(&journey, "o-gerente-aceita")?;
    journey.screenshot("desktop", 1366, 768)?;
    journey.screenshot("phone", 390, 844)?;
    journey.viewport(1366, 768)?;

    // The middle of the lesson: nothing may be lost by a reload.
    let before = journey.text("[role=log]")?;
    journey.reload()?;
    journey.wait_until("!!document.querySelector('[data-ready]')", 30)?;
    journey.click("[role=tab][data-machine=node1]")?;
    journey
        .wait_until("document.querySelector('[role=log]').innerText.includes('converged')", 30)?;
    ensure!(journey.text("[role=log]")? == before, "the terminal changed by a reload");
    passed(&journey, "o-gerente-aceita")?;

    run(&journey, "node1", "docker service ls")?;
    let service = row(&journey, "replicated")?;
    let (id, name) = (service[0].clone(), service[1].clone());
    run(&journey, "node1", &format!("docker service ps {id}"))?;
    let node = row(&journey, &format!("{name}.1"))?[3].clone();
    answer(&journey, "no", &node)?;
    passed(&journey, "servico-e-tarefa")?;

    run(&journey, "node1", "curl -s node5:5000")?;
    passed(&journey, "todo-no-atende")?;

    run(&journey, "node1", "docker service create -p 5000:5000 sposigor/app-flask-teste:1")?;
    ensure!(journey.text("[role=log]")?.contains("is already in use by service"));
    passed(&journey, "a-porta-ja-tem-dono")?;

    run(&journey, &node, "docker rm -f $(docker ps -q)")?;
    passed(&journey, "o-conteiner-volta")?;
    journey.wait_until("!!document.querySelector('[data-lesson-finished]')", 10)?;
    journey.screenshot("finished", 1366, 768)?;

    let errors = journey.console_errors()?;
    ensure!(errors.is_empty(), "the console says: {errors:?}");
    Ok(())
}
