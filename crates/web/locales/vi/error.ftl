request-id = mã yêu cầu
error-home = Về trang tổng quan
error-back = Quay lại
error-sign-in = Đăng nhập
