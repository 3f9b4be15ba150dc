//! What is said of each fault.
#![allow(clippy::unwrap_used, missing_docs)]

use super::super::library::Library;
use super::*;

fn library(path: &str, version: &[u32]) -> Option<Library> {
    Some(Library {
        path: path.into(),
        version: version.to_vec(),
    })
}

fn gpu(index: Option<usize>, name: &str, free_mib: u64) -> Gpu {
    Gpu {
        index,
        name: name.to_owned(),
        uuid: String::new(),
        total_mib: 40_960,
        free_mib,
    }
}

/// A machine on which everything is right.
fn right() -> Findings {
    Findings {
        built_for: Some((12, 8)),
        libcuda: library("/usr/lib/libcuda.so.570.86.15", &[570, 86, 15]),
        driver: Some("570.86.15".to_owned()),
        driver_cuda: Some((12, 8)),
        gpus: vec![
            gpu(Some(0), "NVIDIA A100-SXM4-40GB", 40_326),
            gpu(Some(1), "NVIDIA A100-SXM4-40GB", 312),
        ],
        visible: 2,
        visible_devices: None,
        nvrtc: library("/usr/local/cuda/lib64/libnvrtc.so.12.8.93", &[12, 8, 93]),
        nvrtc_elsewhere: None,
        toolkit: Some("/usr/local/cuda".into()),
        headers: true,
        headers_elsewhere: None,
    }
}

fn changed(change: impl FnOnce(&mut Findings)) -> Findings {
    let mut findings = right();
    change(&mut findings);
    findings
}

#[test]
fn each_fault_has_its_message() {
    let on_cpu = |f: &mut Findings| {
        *f = Findings {
            built_for: f.built_for,
            ..Findings::default()
        }
    };
    let faults: Vec<(&str, Findings, usize)> = vec![
        ("not built, no GPU", Findings::default(), 0),
        (
            "not built, a GPU",
            changed(|f| {
                f.built_for = None;
                f.gpus.truncate(1)
            }),
            0,
        ),
        ("no driver", changed(on_cpu), 0),
        (
            "no library in the container",
            changed(|f| f.libcuda = None),
            0,
        ),
        (
            "no GPU",
            changed(|f| {
                f.visible = 0;
                f.gpus.clear()
            }),
            0,
        ),
        (
            "hidden",
            changed(|f| {
                f.visible = 0;
                f.visible_devices = Some(String::new())
            }),
            0,
        ),
        ("no such GPU", right(), 7),
        (
            "no such GPU among the visible",
            changed(|f| {
                f.visible = 1;
                f.visible_devices = Some("1".to_owned());
                (f.gpus[0].index, f.gpus[1].index) = (None, Some(0));
            }),
            1,
        ),
        ("no such GPU, names unknown", changed(|f| f.gpus.clear()), 2),
        ("no NVRTC", changed(|f| f.nvrtc = None), 0),
        (
            "NVRTC elsewhere",
            changed(|f| {
                f.nvrtc = None;
                f.nvrtc_elsewhere = Some("/opt/cuda/lib64".into());
            }),
            0,
        ),
        (
            "no toolkit",
            changed(|f| {
                f.headers = false;
                f.toolkit = None;
                f.driver_cuda = None
            }),
            0,
        ),
        ("no headers", changed(|f| f.headers = false), 0),
        (
            "headers elsewhere",
            changed(|f| {
                f.headers = false;
                f.headers_elsewhere = Some("/usr/local/cuda".into());
                f.toolkit = Some("/wrong".into());
            }),
            0,
        ),
        ("old driver", changed(|f| f.driver_cuda = Some((12, 4))), 0),
        ("little memory", right(), 1),
    ];
    let mut text = String::new();
    for (fault, findings, index) in faults {
        let error = check(&findings, index).unwrap_err();
        text += &format!("{fault}:\n  {error}\n");
    }
    text += &format!(
        "failed:\n  {}\n",
        DeviceError::Failed {
            index: 0,
            reason: "CUDA_ERROR_UNKNOWN".to_owned(),
            older: Some(((12, 4), (12, 8))),
        }
    );
    insta::assert_snapshot!("each_fault_has_its_message", text);
}

#[test]
fn nothing_is_said_where_all_is_right() {
    assert_eq!(check(&right(), 0), Ok(()));
    // A driver runs what an older compiler makes, and a name may tell the major version only.
    for version in [&[12, 6][..], &[12], &[11, 8], &[]] {
        let older = changed(|f| f.nvrtc = library("/lib/libnvrtc.so", version));
        assert_eq!(check(&older, 0), Ok(()), "{version:?}");
    }
    for version in [&[13][..], &[13, 0], &[12, 9]] {
        let newer = changed(|f| f.nvrtc = library("/lib/libnvrtc.so", version));
        assert!(check(&newer, 0).is_err(), "{version:?}");
    }
    // Without `nvidia-smi` nothing is known of driver and memory.
    let silent = changed(|f| {
        f.driver_cuda = None;
        f.driver = None;
        f.gpus.clear();
    });
    assert_eq!(check(&silent, 1), Ok(()));
}
