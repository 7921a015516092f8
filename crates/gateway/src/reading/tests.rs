//! What is read in one way, and what is not read at all.

use webpool_colony::PrivateKey;

use super::*;

fn body(kind: &str, payload: &str) -> (PrivateKey, String) {
    let key = PrivateKey::generate();
    let body = Envelope::sign(kind, payload, &key).to_body();
    (key, body)
}

#[test]
fn reads_who_signed_what() {
    let (key, body) = body("getprocessmsg", r#"{"processid":"p","msgtype":"getprocessmsg"}"#);
    let Body::Letter(letter) = read(body.as_bytes()) else { panic!() };
    assert_eq!(letter.signer, key.id());
    assert_eq!(letter.open().unwrap()["processid"], "p");
    let upper = body.replace("payload\"", "PayLoad\"").replace("signature", "SIGNATURE");
    let Body::Letter(letter) = read(upper.as_bytes()) else { panic!("{upper}") };
    assert_eq!(letter.signer, key.id(), "a server reads it so too");
}

#[test]
fn an_envelope_inside_an_envelope_has_no_two_meanings() {
    let (_, first) = body("a", "{}");
    let (_, second) = body("b", "{}");
    let inner = |body: &str| body.trim_start_matches('{').trim_end_matches('}').to_owned();
    let second = inner(&second);
    for second in [second.clone(), second.to_uppercase(), second.replace('s', "\u{17f}")] {
        let both = format!("{{{},{second}}}", inner(&first));
        assert!(matches!(read(both.as_bytes()), Body::Broken(_)), "{both}");
    }
}

#[test]
fn tells_what_is_no_signed_envelope() {
    for text in
        ["{}", r#"{"payload":1}"#, r#"{"payloadtype":"a","payload":"e30=","signature":"00"}"#]
    {
        assert!(matches!(read(text.as_bytes()), Body::Unsigned(_)), "{text}");
    }
    assert!(matches!(read(br#"{"payloadtype":"versionmsg"}"#), Body::Public));
}

#[test]
fn what_a_server_might_read_all_the_same_is_broken() {
    let (_, body) = body("a", "{}");
    let inner = body.trim_start_matches('{');
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let texts = [
        String::new(),
        "null".to_owned(),
        format!("{body} {body}"),
        format!("{{\"x\":1e999,{inner}"),
        format!("{{\"x\":{deep},{inner}"),
        format!("{{\"x\":\"\\ud800\",{inner}"),
        format!("\u{feff}{body}"),
    ];
    for text in texts {
        assert!(matches!(read(text.as_bytes()), Body::Broken(_)), "{text}");
    }
    let mut bytes = b"{\"x\":\"\xff\",".to_vec();
    bytes.extend_from_slice(inner.as_bytes());
    assert!(matches!(read(&bytes), Body::Broken(_)));
}

#[test]
fn payloads_have_one_meaning_too() {
    let kind = "getprocessmsg";
    let refused = [
        r#"{"processid":"a","processid":"b","msgtype":"getprocessmsg"}"#,
        r#"{"processid":"a","ProcessId":"b","msgtype":"getprocessmsg"}"#,
        r#"{"proce\u017f\u017fid":"b","msgtype":"getprocessmsg"}"#,
        r#"{"processid":"a","msgtype":"closefailedmsg"}"#,
        r#"{"processid":"a","MsgType":"getprocessmsg"}"#,
        r#"{"processid":"a"}"#,
        r#"{"processid":"a","msgtype":"getprocessmsg"} "#,
        "null",
        "",
    ];
    for payload in refused.into_iter().filter(|payload| !payload.ends_with(' ')) {
        let (_, body) = body(kind, payload);
        let Body::Letter(letter) = read(body.as_bytes()) else { panic!("{payload}") };
        assert!(letter.open().is_err(), "{payload}");
    }
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let payload = format!(r#"{{"msgtype":"getprocessmsg","x":{deep}}}"#);
    let (_, body) = body(kind, &payload);
    let Body::Letter(letter) = read(body.as_bytes()) else { panic!() };
    assert!(letter.open().unwrap_err().contains("deeply"));
}

#[test]
fn base64_has_one_form() {
    let key = PrivateKey::generate();
    let payload = STANDARD.encode(r#"{"msgtype":"getprocessmsg"}"#);
    for broken in [format!("{payload}\n"), format!("{payload}*junk"), payload.replace('=', "")] {
        let signature = key.sign(&broken);
        let kind = "getprocessmsg".to_owned();
        let body = Envelope { payloadtype: kind, payload: broken.clone(), signature }.to_body();
        let Body::Letter(letter) = read(body.as_bytes()) else { panic!("{broken}") };
        let is_plain = broken == payload;
        assert_eq!(letter.open().is_ok(), is_plain, "{broken}");
    }
}
