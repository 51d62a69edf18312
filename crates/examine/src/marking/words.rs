//! The words that stand beside markings and beside what only looks like one. All are in
//! capitals; what is compared with them is made so.

/// Before `MẬT` these make an ordinary word: *bảo mật*, *túi mật*.
pub const BEFORE: &[&str] = &[
    "BẢO", "BÍ", "CƠ", "CẨN", "THÂN", "NGHIÊM", "KÍN", "TRĂNG", "ONG", "TÚI", "GAN", "SỎI", "ỐNG",
    "ĐƯỜNG", "RỈ", "NGỌT", "DỊCH", "HOA", "NỘI",
];

/// After `MẬT` these make an ordinary word: *mật khẩu*, *mật mã*.
pub const AFTER: &[&str] = &[
    "KHẨU", "MÃ", "ĐỘ", "ONG", "THƯ", "VỤ", "DANH", "THIẾT", "NGHỊ", "LỆNH", "HIỆU", "VIỆN",
    "TÔNG", "GẤU", "ĐÀM", "PHỤC", "THÁM", "ƯỚC", "DỤ", "NGỮ", "NGỌT", "MÍA", "HOA", "ĐẮNG", "CHÚ",
    "GIÁO", "BINH", "ĐIỆN",
];

/// Words that a sentence or a title about secrets has right before the level.
pub const ABOUT: &[&str] = &[
    "LIỆU", "BẢN", "VĂN", "DẤU", "ĐỘ", "MỨC", "CẤP", "LOẠI", "CHỮ", "TỪ", "LÀ", "VÀ", "HOẶC", "HAY",
    "CÓ", "CỦA", "THUỘC", "MANG", "CHỨA", "VỀ", "CÁC", "TIN", "SỔ", "THƯ", "VIỆC", "HỒ", "SƠ", "MẠNG",
    "KHÔNG", "GỒM", "ĐIỆN", "HÒM", "NHÀ", "NHƯ", "TÁC", "NGHIỆP", "QUYỀN", "HỌP", "NGHỊ", "KHÓA",
    "VỚI", "TỪNG", "MỘT", "NHỮNG", "ĐÓNG", "GHI", "GIẢI", "XUỐNG", "LÊN", "THÀNH", "TỚI", "ĐẾN",
];

/// What may stand beside a marking in its stamp: urgency, the number of the copy.
pub const STAMPS: &[&str] = &[
    "KHẨN", "THƯỢNG", "HỎA", "HOẢ", "TỐC", "HẸN", "GIỜ", "BẢN", "SỐ", "SECRET", "TOP", "HOẢTỐC",
    "HỎATỐC", "KHAN", "HOA", "TOC", "THUONG",
];

/// How lines of the head of a document begin; without tone marks.
pub const HEADS: &[&str] = &[
    "UBND", "UY BAN", "HDND", "HOI DONG", "CONG HOA", "DOC LAP", "DANG CONG", "DANG UY", "DANG BO",
    "TINH UY", "THANH UY", "HUYEN UY", "QUAN UY", "THI UY", "CONG AN", "VAN PHONG", "TRUNG TAM",
    "CHI CUC", "CUC", "TONG CUC", "BO", "SO", "BAN", "BCH", "BTV", "MAT TRAN", "UBMTTQ", "TOA AN",
    "VIEN KIEM SAT", "KHO BAC", "QUAN KHU", "TINH DOAN", "CHINH PHU", "QUOC HOI", "THU TUONG", "XA",
    "PHUONG", "THI TRAN", "HUYEN", "QUAN", "THANH PHO", "TINH", "PHONG", "DON VI", "THANH TRA",
    "KINH GUI", "V V", "BAN SO", "CHI BO", "TRUONG", "BENH VIEN", "BAO HIEM", "NGAN HANG",
];

/// What begins like [`HEADS`] and is none.
pub const NO_HEADS: &[&str] = &[
    "BAN HANH", "PHONG CHONG", "PHONG NGUA", "BO PHAN", "BO SUNG", "BO TRI", "BO QUY", "BO CAU",
    "SO SANH", "SO TAY", "SO DO", "SO LIEU", "SO LUONG", "XA HOI", "TINH HINH", "TINH TOAN",
    "PHUONG AN", "PHUONG PHAP", "PHUONG THUC", "QUAN LY", "QUAN TRI", "QUAN TRONG", "TINH NANG",
    "SO THEO", "SO DANG", "SO QUAN", "XA THAI", "BAN GIAO", "BAN DO", "BAN QUYEN", "BAN VE",
    "BO LUAT", "BO MA", "BO LOC", "CONG AN BAO",
];

/// Titles of kinds of documents, which may stand right after a marking.
pub const TITLES: &[&str] = &[
    "BÁO CÁO", "KẾ HOẠCH", "QUYẾT ĐỊNH", "CHỈ THỊ", "THÔNG BÁO", "TỜ TRÌNH", "CÔNG ĐIỆN",
    "PHƯƠNG ÁN", "ĐỀ ÁN", "NGHỊ QUYẾT", "HƯỚNG DẪN", "DANH SÁCH", "CÔNG VĂN", "BIÊN BẢN", "KẾT LUẬN",
];

/// Whole lines that mark a document by themselves.
pub const WHOLE: &[&str] = &[
    "TÀI LIỆU MẬT", "TÀI LIỆU TỐI MẬT", "TÀI LIỆU TUYỆT MẬT", "VĂN BẢN TỐI MẬT",
    "VĂN BẢN TUYỆT MẬT", "HỒ SƠ TỐI MẬT", "HỒ SƠ TUYỆT MẬT", "BÁO CÁO TỐI MẬT",
    "BÁO CÁO TUYỆT MẬT", "KẾ HOẠCH TỐI MẬT", "KẾ HOẠCH TUYỆT MẬT", "ĐỘ TỐI MẬT", "ĐỘ TUYỆT MẬT",
];

/// Labels of the field that holds a document's level.
pub const LABELS: &[&str] = &["ĐỘ MẬT", "MỨC MẬT", "CẤP MẬT", "ĐỘ BÍ MẬT", "DO MAT", "DẤU MẬT"];
