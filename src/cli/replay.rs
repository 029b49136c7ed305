//! `coc replay`: plays scenario files on a virtual clock.

use super::books::load_what_is_there;
use super::{Done, Failure, Folders, out};
use crate::replay::{PlayError, play};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 시나리오 파일 (YAML)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// 결과를 JSON 문서 하나로 보입니다
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, folders: &Folders) -> Done {
    let books = load_what_is_there(&folders.data).map_err(|errors| {
        let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::input(said.join("\n"))
    })?;
    let mut played = Vec::new();
    for file in &args.files {
        let (one, _) = play(file, &books, &[]).map_err(failure)?;
        if !args.json {
            out::text(&one.to_string())?;
        }
        played.push(one);
    }
    match played.as_slice() {
        _ if !args.json => Ok(()),
        [one] => out::json(one),
        several => out::json(&several),
    }
}

fn failure(error: PlayError) -> Failure {
    match error {
        PlayError::Unreadable { .. } | PlayError::Step { .. } | PlayError::Books(_) => {
            Failure::input(error.to_string())
        }
        PlayError::Failed(_) => Failure::work(error.to_string()),
    }
}
