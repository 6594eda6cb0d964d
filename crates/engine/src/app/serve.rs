//! The servers of the course's images: what they print, answer and do on a signal.

use super::{Reaction, Step, clock};
use crate::net::{HttpOutcome, HttpRequest, HttpResponse};
use crate::registry::Program;
use api::Timestamp;

/// Work for one page, microseconds.
const PAGE_US: u64 = 2_000;

/// The port a program listens on.
pub(super) const fn port(program: Program) -> Option<u16> {
    match program {
        Program::Flask { .. } => Some(5000),
        Program::Nginx => Some(80),
        Program::Redis => Some(6379),
        Program::Visualizer => Some(8080),
        Program::Server { port } => Some(port),
        Program::Entrypoint | Program::Failing | Program::Busybox | Program::Worker => None,
    }
}

/// First lines of its log (recorded: `f_service_show.jsonl`, `g_local.jsonl`, `i_ctrlc.jsonl`).
pub(super) fn started(program: Program, banner: &str, argv: &[String]) -> Vec<Step> {
    let out = |text: &str| Step::Out(text.as_bytes().to_vec());
    let err = |text: &str| Step::Err(text.as_bytes().to_vec());
    match program {
        Program::Flask { .. } => vec![
            out(" * Serving Flask app 'app'\n * Debug mode: off\n"),
            err(
                "WARNING: This is a development server. Do not use it in a production deployment. \
                 Use a production WSGI server instead.\n * Running on all addresses (0.0.0.0)\n \
                 * Running on http://127.0.0.1:5000\nPress CTRL+C to quit\n",
            ),
        ],
        Program::Nginx if argv.iter().any(|word| word == "-v" || word == "-V") => {
            vec![err(&format!("nginx version: {banner}\n")), Step::Exit(0)]
        }
        Program::Nginx => {
            vec![out(&format!("{banner}\nConfiguration complete; ready for start up\n"))]
        }
        Program::Redis => vec![out(&format!(
            "1:C * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo\n1:C * {banner}, bits=64, \
             just started\n1:M * Ready to accept connections tcp\n"
        ))],
        Program::Visualizer => {
            vec![out("> node server.js\n"), out("request.uri=http://localhost/...\n")]
        }
        Program::Server { .. } => vec![out(&format!("{banner}\n"))],
        Program::Worker | Program::Entrypoint | Program::Failing | Program::Busybox => Vec::new(),
    }
}

/// Flask ignores SIGTERM and SIGINT (process 1 without a handler; recorded: `i_ctrlc.jsonl`
/// t=34.7), the others end in order.
pub(super) const fn signal(program: Program, number: i32) -> Reaction {
    match (program, number) {
        (Program::Nginx, 2 | 3 | 15)
        | (Program::Redis | Program::Visualizer | Program::Server { .. }, 2 | 3 | 15) => {
            Reaction::Ends(0)
        }
        (
            Program::Flask { .. }
            | Program::Nginx
            | Program::Redis
            | Program::Visualizer
            | Program::Server { .. }
            | Program::Worker
            | Program::Entrypoint
            | Program::Failing
            | Program::Busybox,
            _,
        ) => Reaction::Ignores,
    }
}

/// One request. `/slow/N` takes N seconds, as the recorded test page does (`mesh/README.md`).
pub(super) fn answer(
    program: Program,
    banner: &str,
    hostname: &str,
    request: &HttpRequest,
    now: Timestamp,
) -> (HttpOutcome, Vec<Step>) {
    let (server, agent) = match program {
        Program::Flask { .. } => ("Werkzeug/2.3.6 Python/3.11.4", ""),
        Program::Nginx => (banner, "-"),
        Program::Visualizer => ("", ""),
        Program::Server { port } if port != 5432 => ("", ""),
        Program::Redis | Program::Server { .. } => return (HttpOutcome::EmptyReply, Vec::new()),
        Program::Worker | Program::Entrypoint | Program::Failing | Program::Busybox => {
            return (HttpOutcome::Refused, Vec::new());
        }
    };
    let path = request.path.split('?').next().unwrap_or("/");
    let slow = path.strip_prefix("/slow/").and_then(|s| s.parse::<u64>().ok());
    let known = matches!(path, "" | "/" | "/index.html") || slow.is_some();
    let status = if known { 200 } else { 404 };
    let body = if known {
        let (from, to) = (&request.from, &request.to);
        format!("{banner} host={hostname} from={from} to={to}\n")
    } else {
        "<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1>\
         </body></html>\n"
            .to_owned()
    };
    let line = format!("{} {} HTTP/1.1", request.method, request.path);
    let log = match program {
        Program::Flask { .. } => Some(Step::Err(
            format!("{} - - [{}] \"{line}\" {status} -\n", request.from, clock::werkzeug(now))
                .into_bytes(),
        )),
        Program::Nginx => Some(Step::Out(
            format!(
                "{} - - [{}] \"{line}\" {status} {} \"-\" \"{agent}\" \"-\"\n",
                request.from,
                clock::nginx(now),
                body.len()
            )
            .into_bytes(),
        )),
        Program::Visualizer
        | Program::Redis
        | Program::Server { .. }
        | Program::Worker
        | Program::Entrypoint
        | Program::Failing
        | Program::Busybox => None,
    };
    let response = HttpResponse {
        status,
        content_type: "text/html; charset=utf-8".to_owned(),
        server: server.to_owned(),
        body: if request.method == "HEAD" { Vec::new() } else { body.into_bytes() },
    };
    let after_us = slow.map_or(PAGE_US, |s| s.saturating_mul(1_000_000));
    (HttpOutcome::Answer { response, after_us }, log.into_iter().collect())
}
