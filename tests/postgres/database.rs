//! A PostgreSQL server of the test's own, on a free port of this machine.

use crate::workplace::free_address;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A server, gone with its data when this is dropped.
pub(crate) struct Database {
    folder: TempDir,
    address: SocketAddr,
    server: Option<Child>,
}

/// Where Debian puts the programs of the newest version that is there.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    let newest = versions.map(|one| one.unwrap().path()).max_by_key(|path| {
        path.file_name().unwrap().to_string_lossy().parse::<u32>().unwrap_or_default()
    });
    newest.expect("a version of PostgreSQL").join("bin")
}

/// A program of the server's. It refuses to run as root, so root lets Debian's user run it.
fn program(name: &str) -> Command {
    let path = programs().join(name);
    if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"]);
        command.arg(path);
        command
    } else {
        Command::new(path)
    }
}

fn is_root() -> bool {
    let out = Command::new("id").arg("-u").output().unwrap();
    out.stdout.trim_ascii() == b"0"
}

impl Database {
    /// Makes an empty one and starts it.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        if is_root() {
            let given = Command::new("chown").arg("postgres:postgres").arg(folder.path()).status();
            assert!(given.unwrap().success());
        }
        let data = folder.path().join("data");
        let made = program("initdb")
            .args([
                "--auth",
                "trust",
                "--username",
                "coc",
                "--no-sync",
                "--encoding",
                "UTF8",
                "--locale",
                "C",
            ])
            .arg("--pgdata")
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut database = Self { folder, address: free_address(), server: None };
        database.run();
        database
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The address under which programs find it.
    pub(crate) fn url(&self) -> String {
        format!("postgres://coc@{}/postgres", self.address)
    }

    /// Starts it again on what it kept.
    pub(crate) fn run(&mut self) {
        assert!(self.server.is_none());
        // whoever was killed left it behind
        let _gone = std::fs::remove_file(self.data().join("postmaster.pid"));
        let server = program("postgres")
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.address.port().to_string(), "-h", "127.0.0.1"])
            .arg("-k")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.server = Some(server);
        let since = Instant::now();
        while !self.answers() {
            assert!(since.elapsed() < Duration::from_secs(30), "PostgreSQL did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn answers(&self) -> bool {
        let ready = program("pg_isready")
            .args(["-q", "-h", "127.0.0.1", "-p", &self.address.port().to_string()])
            .status();
        ready.unwrap().success()
    }

    /// The one value that a question is answered with.
    pub(crate) fn ask(&self, question: &str) -> String {
        let answer = program("psql").args(["-At", "-c", question, &self.url()]).output().unwrap();
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        String::from_utf8(answer.stdout).unwrap().trim().to_owned()
    }

    /// Ends it at once, as a machine that loses its power would: what was committed is there afterwards.
    pub(crate) fn stop(&mut self) {
        let mut server = self.server.take().unwrap();
        let status = program("pg_ctl")
            .args(["stop", "--mode", "immediate", "--silent", "-D"])
            .arg(self.data())
            .status();
        assert!(status.unwrap().success());
        server.wait().unwrap();
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.server.is_some() {
            self.stop();
        }
    }
}
