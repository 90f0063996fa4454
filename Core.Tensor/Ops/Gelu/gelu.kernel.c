// Kernels of gelu and gelu_tanh: GeluCpu's arithmetic, where the reasons for each form are.

// Phi(-a) for 0 <= a <= 12.9, as gauss * P.
DEVICE float normal_tail(float a, float gauss)
{
    float t = 1.0f / FMA(a, 0.3f, 1.0f), p = 0.0384117577f;
    p = FMA(p, t, -0.169328647f);
    p = FMA(p, t, 0.228995458f);
    p = FMA(p, t, -0.0768894937f);
    p = FMA(p, t, 0.142799587f);
    p = FMA(p, t, 0.0945713036f);
    p = FMA(p, t, 0.121948971f);
    p = FMA(p, t, 0.11948369f);
    return gauss * FMA(p, t, 7.40250758e-6f);
}

DEVICE float gelu(float x)
{
    float a = smallest(12.9f, magnitude(x));
    return FMA(-a, normal_tail(a, exp2_within(a * a * -0.72134752f)), x > 0.0f || x != x ? x : 0.0f);
}

DEVICE float gelu_slope(float x)
{
    float a = smallest(12.9f, magnitude(x)), gauss = exp2_within(a * a * -0.72134752f), tail = normal_tail(a, gauss);
    return FMA(copy_sign(a, x), gauss * 0.398942280f, x > 0.0f ? 1.0f - tail : tail);
}

// e^(-2u) for |x| <= 10.
DEVICE float gelu_tanh_exp(float x) { return exp2_within(x * FMA(x * x, -1.44269504f * 0.0713548163f, -1.44269504f * 1.59576912f)); }

DEVICE float gelu_tanh(float x)
{
    float c = smallest(10.0f, largest(-10.0f, x));
    return (x > -10.0f || x != x ? x : -10.0f) / (1.0f + gelu_tanh_exp(c));
}

DEVICE float gelu_tanh_slope(float x)
{
    float c = smallest(10.0f, largest(-10.0f, x)), s = 1.0f / (1.0f + gelu_tanh_exp(c));
    return FMA(c * FMA(c * c, 3.0f * 0.0713548163f, 1.59576912f), s * (1.0f - s), s);
}

UNARY(gelu, gelu(x), gelu_slope(s))
UNARY(gelu_tanh, gelu_tanh(x), gelu_tanh_slope(s))
