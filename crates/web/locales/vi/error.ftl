request-id = mã yêu cầu
error-home = Về trang tổng quan
error-sign-in = Đăng nhập
