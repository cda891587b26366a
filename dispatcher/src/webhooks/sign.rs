//! Signatures by the Standard Webhooks scheme: HMAC-SHA256 over `ID.TIMESTAMP.BODY`; and by that of Firecrawl, over the
//! body alone.

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// The header `webhook-signature`: one signature for each secret, newest first. Empty: no secret can be read.
pub fn signatures(secrets: &[String], id: &str, seconds: i64, body: &str) -> String {
    let all: Vec<String> = secrets.iter().filter_map(|secret| signature(secret, id, seconds, body)).collect();
    all.join(" ")
}

fn signature(secret: &str, id: &str, seconds: i64, body: &str) -> Option<String> {
    let key = BASE64.decode(secret.strip_prefix(PREFIX)?.as_bytes()).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body.as_bytes());
    Some(format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes())))
}

/// The header `x-firecrawl-signature`. The key is the newest secret as it is shown, with all its letters.
pub fn of_body(secrets: &[String], body: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secrets.first()?.as_bytes()).ok()?;
    mac.update(body.as_bytes());
    Some(format!("sha256={}", HEXLOWER.encode(&mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::{of_body, signatures};

    /// The well-known vector of HMAC-SHA256 with the key `key`.
    #[test]
    fn the_signature_of_a_body_is_its_hmac_in_hex() {
        let signed = of_body(&["key".to_owned()], "The quick brown fox jumps over the lazy dog");
        let hmac = "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
        assert_eq!(signed.as_deref(), Some(hmac));
        assert_eq!(of_body(&[], "x"), None);
    }

    /// The vector of the scheme's public repository.
    #[test]
    fn the_signature_is_the_published_one() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned();
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", r#"{"test": 2432232314}"#);
        let signed = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signatures(std::slice::from_ref(&secret), id, 1_614_265_330, body), signed);
        let two = signatures(&[secret.clone(), secret], id, 1_614_265_330, body);
        assert_eq!(two, format!("{signed} {signed}"));
        assert_eq!(signatures(&["nonsense".into()], id, 0, body), "");
    }
}
