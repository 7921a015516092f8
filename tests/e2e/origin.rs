//! A web page elsewhere is not a user: its requests are refused without any CORS header.

use anyhow::{Result, ensure};
use serde_json::json;
use webpool_colony::request::{GetProcesses, Submit};
use webpool_colony::{PrivateKey, Request as _};

use crate::harness::{COLONY, Setup, Stage, USER_KEY, call, play};

/// What the browser says about a request that CORS forbids, and about an answer that its resource
/// policy keeps from a page elsewhere.
const FORBIDDEN: Setup = Setup {
    expected_errors: &["CORS", "net::ERR_FAILED", "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin"],
    ..Setup::USUAL
};

#[tokio::test]
async fn a_foreign_origin_is_refused() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        let port = stage.server.port();
        let own = [format!("http://127.0.0.1:{port}")];
        for origin in own {
            let (status, _) = post(stage, &[("Origin", &origin)]).await?;
            ensure!(status == 200, "{origin} is refused with {status}");
        }
        let foreign = [
            "https://example.com".to_owned(),
            "null".to_owned(),
            format!("http://localhost:{port}"),
            format!("http://127.0.0.1:{}", port ^ 1),
            format!("http://127.0.0.1.example.com:{port}"),
        ];
        let before = waiting(stage).await?;
        for origin in foreign {
            let (status, is_shared) = post(stage, &[("Origin", &origin)]).await?;
            ensure!(status == 403, "{origin} is answered with {status}");
            ensure!(!is_shared, "{origin} gets a CORS header");
        }
        let (status, _) = post(stage, &[("Host", "rebound.example.com")]).await?;
        ensure!(status == 403, "a foreign host is answered with {status}");
        ensure!(waiting(stage).await? == before, "a refused request had an effect");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_submit() -> Result<()> {
    play(FORBIDDEN, async |stage| {
        stage.page.goto(&format!("http://localhost:{}/", stage.server.port())).await?;
        for mode in ["cors", "no-cors"] {
            let script = "const [url, body, mode, done] = arguments;
                fetch(url, { method: 'POST', body, mode }).then(r => done(r.status), () => done(-1));";
            let url = format!("{}/api", stage.server.url());
            let status = stage.page.script_async(script, &[&url, &submission()?, mode]).await?;
            let is_unreadable = status == json!(-1) || status == json!(0);
            ensure!(is_unreadable, "with mode {mode} the page reads status {status}");
        }
        ensure!(waiting(stage).await? == 0, "the page has submitted a process");
        Ok(())
    })
    .await
}

fn submission() -> Result<String> {
    let request = Submit { spec: Some(call("add", "[5, 3]")?) };
    Ok(request.seal(&PrivateKey::from_hex(USER_KEY)?))
}

/// Posts a submission; returns the status and whether a page elsewhere could read the answer.
async fn post(stage: &Stage, headers: &[(&str, &str)]) -> Result<(u16, bool)> {
    let mut request = reqwest::Client::new().post(format!("{}/api", stage.server.url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.body(submission()?).send().await?;
    let is_shared = answer.headers().contains_key("access-control-allow-origin");
    Ok((answer.status().as_u16(), is_shared))
}

/// Counts the processes that wait.
async fn waiting(stage: &Stage) -> Result<usize> {
    let request =
        GetProcesses { colonyname: COLONY.to_owned(), count: 100, ..GetProcesses::default() };
    Ok(stage.colony.ask(&request).await?.unwrap_or_default().len())
}
