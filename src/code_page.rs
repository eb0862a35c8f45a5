//! Code pages that programs take bytes for: how their upper half is written in Unicode.

use zeroize::Zeroizing;

pub(crate) const NAMES: [&str; 4] = ["Latin-1", "CP1252", "CP437", "CP850"];

/// From 0x80 on; what follows is Latin-1.
const CP1252: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// The bytes that were this text; `None` if it has letters of none.
pub(crate) fn encode(text: &str, page: &str) -> Option<Zeroizing<Vec<u8>>> {
    let upper = upper(page);
    let byte = |letter: char| match letter {
        '\0'..'\u{80}' => u8::try_from(letter).ok(),
        _ => u8::try_from(0x80 + upper.iter().position(|upper| *upper == letter)?).ok(),
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    for letter in text.chars() {
        bytes.push(byte(letter)?);
    }
    Some(bytes)
}

/// The text that these bytes are.
pub(crate) fn decode(bytes: &[u8], page: &str) -> Zeroizing<String> {
    let upper = upper(page);
    let letter = |byte: &u8| {
        let at = byte.checked_sub(0x80).map(usize::from);
        at.map_or_else(|| char::from(*byte), |at| upper.get(at).copied().unwrap_or('\u{fffd}'))
    };
    let mut text = Zeroizing::new(String::with_capacity(3 * bytes.len()));
    text.extend(bytes.iter().map(letter));
    text
}

fn upper(page: &str) -> Vec<char> {
    match page {
        "CP1252" => CP1252.chars().chain('\u{a0}'..='\u{ff}').collect(),
        "CP437" => CP437.chars().collect(),
        "CP850" => CP850.chars().collect(),
        _ => ('\u{80}'..='\u{ff}').collect(),
    }
}
