//! How background jobs are told of.

use super::thread::Job;

/// `+` for the current job, `-` for the one before it.
pub(crate) fn mark(jobs: &[Job], number: u32) -> char {
    let mut numbers = jobs.iter().rev().map(|job| job.number);
    if numbers.next() == Some(number) {
        '+'
    } else if numbers.next() == Some(number) {
        '-'
    } else {
        ' '
    }
}

/// `[1]+  Running                 docker events &`
pub(crate) fn line(job: &Job, mark: char) -> String {
    let state = match job.status {
        None => "Running".to_owned(),
        Some(0) => "Done".to_owned(),
        Some(130) => "Interrupt".to_owned(),
        Some(143) => "Terminated".to_owned(),
        Some(status) => format!("Exit {status}"),
    };
    let tail = if job.status.is_none() { " &" } else { "" };
    format!("[{}]{mark}  {state:<24}{}{tail}\n", job.number, job.text)
}
