//! `coc` beside small programs in Bolt for JavaScript and Bolt for Python that take the same events in as durably (`benches/rivals/`):
//! the same load, one after another, in one run.
//!
//! `COC_RIVALS` is the folder with what they need: a Python environment in `bin/`, `node_modules` beside it.

use crate::ingress::{Fresh, PER_SECOND};
use crate::load::{Events, Run, again_over_http, over_http, over_http_at};
use crate::scene::{Line, SECRET, StandIn, memory, terminate};
use crate::{millis, quantile, rounded, spread};
use std::collections::BTreeMap;
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Of a hundred events so many have to be durable.
const SHARES: [usize; 2] = [100, 10];
/// A rival that is not there by then does not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who is measured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Coc,
    JavaScript,
    Python,
}

const ALL: [Who; 3] = [Who::Coc, Who::JavaScript, Who::Python];

impl Who {
    const fn name(self) -> &'static str {
        match self {
            Self::Coc => "coc",
            Self::JavaScript => "Bolt for JavaScript",
            Self::Python => "Bolt for Python",
        }
    }
}

/// What is measured of whom.
struct Setting {
    modules: PathBuf,
    /// SQLite's, of the rivals.
    journal_mode: &'static str,
    slack: Arc<StandIn>,
    count: usize,
    times: usize,
}

/// A program in Bolt with a fresh database, which goes when this is dropped.
struct Rival {
    process: Child,
    address: SocketAddr,
    ready_after: Duration,
    database: tempfile::TempDir,
}

impl Rival {
    fn start(who: Who, setting: &Setting) -> Self {
        let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/rivals");
        let database = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = match who {
            Who::Coc => panic!("no rival of its own"),
            Who::JavaScript => {
                let mut command = Command::new("node");
                command.arg(programs.join("bolt.mjs"));
                command
            }
            Who::Python => {
                let mut command = Command::new(setting.modules.join("bin/python3"));
                command.arg(programs.join("bolt.py"));
                command
            }
        };
        command
            .arg(address.port().to_string())
            .arg(database.path().join("requests.db"))
            .arg(setting.journal_mode)
            .env("COC_RIVALS", &setting.modules)
            .env("SLACK_SIGNING_SECRET", SECRET)
            .env("NODE_ENV", "production")
            .stdout(Stdio::piped());
        let began = Instant::now();
        let mut process = command.spawn().unwrap();
        while TcpStream::connect(address).is_err() {
            assert!(process.try_wait().unwrap().is_none(), "{} ended", who.name());
            assert!(began.elapsed() < PATIENCE, "{} is not there", who.name());
            std::thread::sleep(Duration::from_millis(2));
        }
        Self { process, address, ready_after: began.elapsed(), database }
    }

    /// Stops it in order; how many rows it has written then.
    fn stop(mut self) -> u64 {
        terminate(&self.process);
        assert!(self.process.wait().unwrap().success());
        let mut said = String::new();
        self.process.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(self.database.path().join("requests.db").exists());
        said.trim().parse().unwrap_or_else(|_| panic!("no number of rows: {said}"))
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        // one that ended already cannot be killed, and that is all that is wanted
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One of them, running.
enum Running {
    Coc(Fresh),
    Rival(Rival),
}

impl Running {
    async fn start(who: Who, setting: &Setting) -> Self {
        match who {
            Who::Coc => Self::Coc(Fresh::start(setting.slack.address, Line::Http).await),
            Who::JavaScript | Who::Python => Self::Rival(Rival::start(who, setting)),
        }
    }

    const fn address(&self) -> SocketAddr {
        match self {
            Self::Coc(fresh) => fresh.bot.address,
            Self::Rival(rival) => rival.address,
        }
    }

    const fn ready_after(&self) -> Duration {
        match self {
            Self::Coc(fresh) => fresh.bot.ready_after,
            Self::Rival(rival) => rival.ready_after,
        }
    }

    fn resident(&self) -> f64 {
        match self {
            Self::Coc(fresh) => fresh.bot.memory("VmRSS"),
            Self::Rival(rival) => memory(&rival.process, "VmRSS"),
        }
    }

    /// Stops it in order; how many requests it has kept.
    fn stop(self) -> u64 {
        match self {
            Self::Coc(fresh) => fresh.stop(),
            Self::Rival(rival) => rival.stop(),
        }
    }
}

/// One of them under one load.
struct Measured {
    run: Run,
    ready: f64,
    idle: f64,
    after: f64,
}

impl Setting {
    /// As many as it takes on so many connections; `None`: a thousand a second. An eighth of them beforehand, for a program that is
    /// compiled while it runs.
    async fn measure(&self, who: Who, share: usize, connections: Option<usize>) -> Measured {
        let running = Running::start(who, self).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let (address, ready) = (running.address(), millis(running.ready_after()));
        let idle = running.resident();
        let warm = Events::new(&self.slack, share, 0, self.count / 8);
        over_http(address, Arc::clone(&warm), connections.unwrap_or(8)).await;
        let events = Events::new(&self.slack, share, warm.sent(), self.count);
        let run = match connections {
            Some(connections) => over_http(address, Arc::clone(&events), connections).await,
            None => over_http_at(address, Arc::clone(&events), PER_SECOND).await,
        };
        let after = running.resident();
        for nth in 0..10 {
            again_over_http(address, &events, nth).await;
        }
        let kept = running.stop();
        let sent = events.opening() as u64;
        assert_eq!(kept, sent, "{}: each request once", who.name());
        Measured { run, ready, idle, after }
    }
}

/// All of them. `false`: what the rivals need is not there.
pub(crate) async fn measure(
    connections: &[usize],
    count: usize,
    times: usize,
    journal_mode: &'static str,
) -> bool {
    let Some(modules) = std::env::var_os("COC_RIVALS").map(PathBuf::from) else { return false };
    let modules = std::fs::canonicalize(modules).unwrap();
    let slack = Arc::new(StandIn::open().await);
    let setting = Setting { modules, journal_mode, slack, count, times };
    println!(
        "\n{count} signed events, so many of a hundred to be durable: the middle of {times} runs (least–most), each with a fresh journal or \
         database (SQLite, `journal_mode={journal_mode}`, `synchronous=FULL`)\n"
    );
    println!(
        "| connections | durable | program | events/s | p50, ms | p99, ms | p99.9, ms | ready after, ms | resident idle / after, MB |"
    );
    println!("|-:|-:|-|-|-|-|-|-:|-|");
    let mut ratios = Vec::new();
    for share in SHARES {
        for &connections in connections {
            let ratio = setting.row(share, Some(connections), times).await;
            ratios.push((format!("{connections} connections"), share, ratio));
        }
    }
    for share in SHARES {
        let ratio = setting.row(share, None, 1).await;
        ratios.push((format!("{PER_SECOND} events/s"), share, ratio));
    }
    println!("\ncoc to the better of the two in the same run\n");
    println!("| load | durable | events/s | p50 | p99 | p99.9 | resident idle | resident after |");
    println!("|-|-:|-:|-:|-:|-:|-:|-:|");
    for (load, share, ratio) in ratios {
        let told = ratio.map(rounded).join(" | ");
        println!("| {load} | {share} % | {told} |");
    }
    true
}

impl Setting {
    /// Measures all three so often, one after another, and prints their rows. The ratio of coc to the better rival: events a second, p50,
    /// p99, p99.9, resident idle and after.
    async fn row(&self, share: usize, connections: Option<usize>, times: usize) -> [f64; 6] {
        let mut of: BTreeMap<Who, Vec<Measured>> = BTreeMap::new();
        for _ in 0..times.min(self.times) {
            for who in ALL {
                of.entry(who).or_default().push(self.measure(who, share, connections).await);
            }
        }
        let load = connections.map_or_else(|| format!("{PER_SECOND}/s"), |some| some.to_string());
        let mut middles = BTreeMap::new();
        for who in ALL {
            let runs = &of[&who];
            let column = |of: &dyn Fn(&Measured) -> f64| runs.iter().map(of).collect::<Vec<f64>>();
            let at = |share: f64| column(&|one| millis(one.run.at(share)));
            let columns = [
                column(&|one| one.run.per_second),
                at(0.5),
                at(0.99),
                at(0.999),
                column(&|one| one.idle),
                column(&|one| one.after),
            ];
            let middle = columns.clone().map(|mut values| {
                values.sort_by(f64::total_cmp);
                quantile(&values, 0.5)
            });
            let [rate, p50, p99, p999, ..] = columns.map(spread);
            let ready = spread(column(&|one| one.ready));
            println!(
                "| {load} | {share} % | {} | {rate} | {p50} | {p99} | {p999} | {ready} | {} / {} |",
                who.name(),
                rounded(middle[4]),
                rounded(middle[5])
            );
            middles.insert(who, middle);
        }
        let [coc, javascript, python] = ALL.map(|who| middles[&who]);
        std::array::from_fn(|nth| {
            // more a second is better, and less of all others
            let best = if nth == 0 {
                javascript[nth].max(python[nth])
            } else {
                javascript[nth].min(python[nth])
            };
            coc[nth] / best
        })
    }
}
