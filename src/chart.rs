//! Draws the reports' pictures: bars, as a PNG. The letters are drawn with a Korean font of this machine; where there is none the bars
//! stand without letters, for the figures are in the words above.

use crate::domain::chart::{Chart, Panel};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

const WIDTH: u32 = 1000;
const PANEL: u32 = 320;
const TITLE: u32 = 56;
const FAMILY: &str = "coc";
/// Told apart by people who see few colours, and in grey.
const COLOURS: [RGBColor; 3] =
    [RGBColor(0x1f, 0x5f, 0xbf), RGBColor(0xe0, 0x8a, 0x1e), RGBColor(0x8a, 0x8f, 0x98)];
const INK: RGBColor = RGBColor(0x22, 0x26, 0x2b);

/// Why a picture could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("그림을 그리지 못했습니다: {0}")]
pub struct Undrawn(String);

fn undrawn(error: impl std::fmt::Display) -> Undrawn {
    Undrawn(error.to_string())
}

/// The picture as a PNG.
///
/// # Errors
/// When the drawing or its encoding fails.
pub fn png(chart: &Chart) -> Result<Vec<u8>, Undrawn> {
    let kept = || RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, bytes)) = kept().iter().find(|(drawn, _)| drawn == chart) {
        return Ok(bytes.clone());
    }
    let bytes = drawn(chart)?;
    let mut kept = kept();
    if kept.len() >= RECENTLY_DRAWN {
        kept.pop_front();
    }
    kept.push_back((chart.clone(), bytes.clone()));
    Ok(bytes)
}

/// What was drawn last: an attempt that does not work out is made again.
static RECENT: Mutex<VecDeque<(Chart, Vec<u8>)>> = Mutex::new(VecDeque::new());
const RECENTLY_DRAWN: usize = 8;

fn drawn(chart: &Chart) -> Result<Vec<u8>, Undrawn> {
    let panels = u32::try_from(chart.panels.len()).map_err(undrawn)?;
    let height = TITLE + PANEL * panels;
    let mut pixels = vec![0_u8; WIDTH as usize * height as usize * 3];
    {
        let root = BitMapBackend::with_buffer(&mut pixels, (WIDTH, height)).into_drawing_area();
        root.fill(&WHITE).map_err(undrawn)?;
        let (head, body) = root.split_vertically(TITLE);
        let letters = has_letters();
        if letters {
            let style = (FAMILY, 26).into_font().color(&INK);
            head.draw(&Text::new(chart.title.clone(), (24, 18), style)).map_err(undrawn)?;
        }
        for (area, panel) in
            body.split_evenly((chart.panels.len().max(1), 1)).iter().zip(&chart.panels)
        {
            draw(area, panel, letters)?;
        }
        root.present().map_err(undrawn)?;
    }
    encode(&pixels, height)
}

fn encode(pixels: &[u8], height: u32) -> Result<Vec<u8>, Undrawn> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, WIDTH, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(undrawn)?;
    writer.write_image_data(pixels).map_err(undrawn)?;
    writer.finish().map_err(undrawn)?;
    Ok(bytes)
}

type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

fn draw(area: &Area<'_>, panel: &Panel, letters: bool) -> Result<(), Undrawn> {
    let highest = panel.series.iter().flat_map(|one| &one.values).copied().max().unwrap_or(0);
    let top = f64::from(highest.max(4)) * 1.4;
    let groups = panel.labels.len().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
    let right = groups as f64;
    let mut builder = ChartBuilder::on(area);
    builder.margin(12).margin_right(24);
    if letters {
        builder
            .caption(&panel.title, (FAMILY, 18).into_font().color(&INK))
            .x_label_area_size(30)
            .y_label_area_size(46);
    }
    let mut plot = builder.build_cartesian_2d(0.0..right, 0.0..top).map_err(undrawn)?;
    let mut mesh = plot.configure_mesh();
    mesh.disable_x_mesh().light_line_style(WHITE).bold_line_style(RGBColor(0xe3, 0xe6, 0xea));
    if letters {
        // every label where there is room, else every few
        let step = groups.div_ceil(16);
        let label = |at: &f64| {
            let nth = at.floor();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and a few dozen"
            )]
            let nth = nth.max(0.0) as usize;
            let label = panel.labels.get(nth).filter(|_| nth.is_multiple_of(step));
            label.cloned().unwrap_or_default()
        };
        mesh.x_labels(groups + 1)
            .x_label_formatter(&label)
            .y_labels(5)
            .y_label_formatter(&|value: &f64| format!("{value:.0}"))
            .label_style((FAMILY, 14).into_font().color(&INK))
            .draw()
            .map_err(undrawn)?;
    } else {
        mesh.disable_axes().draw().map_err(undrawn)?;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let width = 0.8 / panel.series.len().max(1) as f64;
    for (nth, series) in panel.series.iter().enumerate() {
        let colour = COLOURS[nth % COLOURS.len()];
        #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
        let bars = series.values.iter().enumerate().map(|(group, value)| {
            let left = group as f64 + 0.1 + nth as f64 * width;
            Rectangle::new([(left, 0.0), (left + width * 0.92, f64::from(*value))], colour.filled())
        });
        let drawn = plot.draw_series(bars).map_err(undrawn)?;
        if letters {
            drawn.label(series.name.clone()).legend(move |(x, y)| {
                Rectangle::new([(x, y - 6), (x + 14, y + 6)], colour.filled())
            });
        }
    }
    if letters {
        plot.configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.85))
            .label_font((FAMILY, 14).into_font().color(&INK))
            .draw()
            .map_err(undrawn)?;
    }
    Ok(())
}

/// Where systems keep fonts.
const FOLDERS: [&str; 6] = [
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:\\Windows\\Fonts",
    "/run/current-system/sw/share/X11/fonts",
];
/// Files that hold Korean letters, the likeliest first; by the beginning of their name, in lower case.
const FONTS: [&str; 8] = [
    "nanumgothic.",
    "nanumbarungothic.",
    "notosanskr-regular",
    "notosanscjk-regular",
    "notosanscjkkr-regular",
    "pretendard-regular",
    "applesdgothicneo",
    "malgun.",
];

/// The Korean font that pictures are drawn with; `None` where this machine has none.
#[must_use]
pub fn font() -> Option<PathBuf> {
    let mut found: Vec<(usize, PathBuf)> = Vec::new();
    for folder in FOLDERS {
        look_in(Path::new(folder), 0, &mut found);
    }
    found.sort();
    found.into_iter().next().map(|(_, path)| path)
}

fn look_in(folder: &Path, depth: u8, found: &mut Vec<(usize, PathBuf)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if depth < 4 {
                look_in(&path, depth + 1, found);
            }
            continue;
        }
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let is_font = [".ttf", ".otf", ".ttc"].iter().any(|ending| name.ends_with(ending));
        let rank = FONTS.iter().position(|font| name.starts_with(font));
        if let Some(rank) = rank.filter(|_| is_font) {
            found.push((rank, path));
        }
    }
}

/// Whether letters can be drawn; the font is read once.
fn has_letters() -> bool {
    static READY: OnceLock<bool> = OnceLock::new();
    *READY.get_or_init(|| {
        let Some(path) = font() else {
            tracing::warn!("no Korean font: pictures are drawn without letters");
            return false;
        };
        let Ok(bytes) = std::fs::read(&path) else { return false };
        // kept for as long as the program runs
        let bytes: &'static [u8] = Box::leak(bytes.into_boxed_slice());
        register_font(FAMILY, FontStyle::Normal, bytes).is_ok()
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::chart::Series;

    fn chart(values: &[u32]) -> Chart {
        let series = |name: &str| Series { name: name.to_owned(), values: values.to_vec() };
        let panel = Panel {
            title: "시간대별 건수".to_owned(),
            labels: (0..values.len()).map(|n| n.to_string()).collect(),
            series: vec![series("긴급 요청"), series("티켓 배정"), series("알람 사건")],
        };
        Chart {
            name: "a.png".to_owned(),
            title: "일간 보고".to_owned(),
            alt: "일간 보고".to_owned(),
            panels: vec![panel.clone(), panel],
        }
    }

    fn decoded(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        (info.width, info.height, pixels)
    }

    #[test]
    fn bars_stand_in_the_picture() {
        let (width, height, pixels) = decoded(&png(&chart(&[0, 3, 7, 1])).unwrap());
        assert_eq!((width, height), (1000, 56 + 2 * 320));
        let blue = pixels.chunks(3).filter(|pixel| *pixel == [0x1f, 0x5f, 0xbf]).count();
        assert!(blue > 1_000, "{blue}");
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        png(&chart(&[])).unwrap();
        png(&chart(&[0; 24])).unwrap();
        png(&chart(&[u32::MAX])).unwrap();
    }

    #[test]
    fn a_month_has_room_and_letters_are_drawn_where_a_font_is() {
        let bytes = png(&chart(&(0..31).collect::<Vec<u32>>())).unwrap();
        if let Ok(path) = std::env::var("COC_CHART") {
            std::fs::write(path, &bytes).unwrap();
        }
        if font().is_some() {
            let (.., pixels) = decoded(&bytes);
            let ink = pixels.chunks(3).filter(|pixel| *pixel == [0x22, 0x26, 0x2b]).count();
            assert!(ink > 100, "{ink}");
        }
    }
}
