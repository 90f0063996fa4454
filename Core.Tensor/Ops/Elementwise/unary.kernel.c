// Kernels of the place-by-place ops. Each row: name, f(x), f' of what was saved (s is x, or y where the derivative is simpler in y).

// Below -104 the logistic function is 0; the bound keeps inf / inf from being NaN.
DEVICE float silu(float x) { return largest(-104.0f, x) / (1.0f + exp_(-x)); }
DEVICE float silu_slope(float x)
{
    float y = sigmoid_(x);
    return FMA(y * (1.0f - y), smallest(104.0f, largest(-104.0f, x)), y);
}

// x^p: whole powers keep the sign, other powers of negative numbers are NaN.
DEVICE float power(float x, float p)
{
    if (p == 0.0f) { return 1.0f; }
    if (p == 1.0f) { return x; }
    if (p == 2.0f) { return x * x; }
    if (p == -1.0f) { return 1.0f / x; }
    float a = magnitude(x), y = a == 0.0f ? (p > 0.0f ? 0.0f : INFINITY) : exp_(p * log_(a));
    if (!(x < 0.0f)) { return x != x ? x : y; }
    float whole = (float)(int)p, pairs = (float)(int)(0.5f * p);
    return whole != p ? NAN : 2.0f * pairs == p ? y : -y;
}

UNARY(relu, x > 0.0f || x != x ? x : 0.0f, s > 0.0f ? 1.0f : 0.0f)
UNARY(silu, silu(x), silu_slope(s))
UNARY(tanh, tanh_(x), 1.0f - s * s)
UNARY(sigmoid, sigmoid_(x), s * (1.0f - s))
UNARY(exp, exp_(x), s)
UNARY(log, log_(x), 1.0f / s)
UNARY(sqrt, SQRT(x), 0.5f / s)
UNARY(abs, magnitude(x), s == 0.0f ? 0.0f : copy_sign(1.0f, s))
UNARY(pow, power(x, FLOAT(0)), FLOAT(0) * power(s, FLOAT(0) - 1.0f))
