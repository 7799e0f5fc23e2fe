"""What the gateway says with the codes of its receipts, and which of them come from no carrier."""

from __future__ import annotations

WORDS = {
    "0": "성공",
    "1": "전송 시간 초과",
    "2": "결번 또는 미가입자",
    "5": "통신사 결과 미수신",
    "8": "단말기 통화 중",
    "9": "음영 지역",
    "A": "단말기 저장 개수 초과",
    "B": "단말기 일시 정지",
    "C": "기타 단말기 문제",
    "D": "착신 거절",
    "E": "전원 꺼짐",
    "F": "기타",
    "G": "내부 형식 오류",
    "H": "통신사 형식 오류",
    "I": "미지원 단말기",
    "J": "호 불가",
    "K": "통신사 메시지 삭제",
    "L": "통신사 큐 초과",
    "M": "무선망 오류",
    "S": "스팸 차단",
    "U": "내용 오류",
    "V": "크기 초과",
    "a": "건수 부족",
    "b": "권한 없음",
    "c": "키 중복 차단",
    "d": "수신번호 중복 차단",
    "e": "내부 오류",
    "o": "결과 알 수 없음",
    "p": "본문 중복 차단",
    "q": "키 중복 차단",
    "t": "건수 초과",
    "G410": "API PLEX 전송 요청 실패",
    "G430": "결과 수신 시간 초과",
    "00000": "발송 성공",
    "71003": "중복 키 오류",
    "71004": "요청 파라미터 형식 오류",
    "74002": "RCS 미지원 단말기",
}
"""Code → its `desc`."""

CARRIERS = ("SKT", "KT", "LGU")
"""What `dest` can be."""

_WITHOUT_CARRIER = frozenset({"a", "c", "d", "e", "p", "q", "G410", "G430", "71003", "71004"})


def words_of(code: str) -> str:
    """Return the words of a code; of one outside the table, words that say so."""
    return WORDS.get(code, "알 수 없음")


def names_carrier(code: str) -> bool:
    """Return whether a message with this code got as far as a carrier."""
    return code not in _WITHOUT_CARRIER
