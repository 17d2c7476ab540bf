//! The key that signs access tokens: made once, kept in Postgres, shared by all persisters.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use protocol::rpc::account::{Claims, PublicKey};

use crate::pool::{Pools, StoreError};

/// PKCS#8 around an Ed25519 seed, RFC 8410.
const PKCS8: [u8; 16] = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

pub struct Signer {
    kid: String,
    key: EncodingKey,
    public: Vec<PublicKey>,
}

impl Signer {
    /// Reads the keys; the first persister ever makes one.
    pub async fn load(pools: &Pools) -> Result<Self, StoreError> {
        let mut client = pools.writer().await?;
        let tx = client.transaction().await?;
        tx.execute("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE", &[]).await?;
        let mut rows = tx.query("SELECT kid, seed FROM signing_keys ORDER BY created_at DESC", &[]).await?;
        if rows.is_empty() {
            let seed: [u8; 32] = rand::random();
            let kid = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 9]>());
            let insert = "INSERT INTO signing_keys (kid, seed) VALUES ($1, $2) RETURNING kid, seed";
            rows = tx.query(insert, &[&kid, &&seed[..]]).await?;
        }
        tx.commit().await?;
        let keys: Vec<(String, [u8; 32])> =
            rows.iter().filter_map(|row| Some((row.get(0), row.get::<_, &[u8]>(1).try_into().ok()?))).collect();
        let broken = || protocol::code::Refusal::new(protocol::code::Code::Internal, "no usable signing key in postgres");
        let (kid, seed) = keys.first().cloned().ok_or_else(broken)?;
        let key = EncodingKey::from_ed_der(&[&PKCS8[..], &seed[..]].concat());
        let public = keys
            .into_iter()
            .map(|(kid, seed)| PublicKey { kid, key: SigningKey::from_bytes(&seed).verifying_key().to_bytes().to_vec() });
        Ok(Self { kid, key, public: public.collect() })
    }

    pub fn public(&self) -> Vec<PublicKey> {
        self.public.clone()
    }

    pub fn sign(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, claims, &self.key)
    }
}
