//! The page's files are replaced while the server runs.

use std::fs;

use super::*;

/// Replaces the page by another build.
fn replace(server: &Server, build: &str) {
    let manifest = server.folder.path().join("dist/manifest.json");
    fs::write(manifest, format!(r#"{{"build": "{build}"}}"#)).unwrap();
}

#[tokio::test]
async fn who_is_here_hears_of_another_build_and_who_comes_too() {
    everywhere(async |server| {
        let mut volunteer = Volunteer::join(server).await;
        assert!(volunteer.heard.iter().any(|frame| frame.contains(r#""build":"a build""#)));
        // Half a file says nothing.
        fs::write(server.folder.path().join("dist/manifest.json"), r#"{"build": "#).unwrap();
        replace(server, "the next build");
        let said = volunteer.hear().await;
        let Some(FromGateway::Build { build }) = said else { panic!("{said:?}") };
        assert_eq!(build, "the next build");
        let (_, answer) = Volunteer::knock(server, PrivateKey::generate()).await;
        assert_eq!(answer.challenge.build, "the next build");
        volunteer.call(&assign(-1)).await.unwrap_err();
    })
    .await;
}
