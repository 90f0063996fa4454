using Vitrine.Transformers;

namespace Vitrine.Tests.Support;

/// <summary>One checkpoint twice: rounded to fewer bits, and in float32 with the very values of the rounded weights.</summary>
internal sealed record Int8Twins(ITransformer Int8, ITransformer Floats)
{
    public static Int8Twins Of(string folder, Quantization quantization = Quantization.Int8All, float outliers = float.PositiveInfinity)
    {
        (ITransformer rounded, ITransformer floats) = (ModelLoader.Load(folder, quantization, outliers), ModelLoader.Load(folder));
        foreach ((Parameter from, Parameter to) in rounded.Parameters.Zip(floats.Parameters))
        {
            to.Value = from.Value;
        }
        return new(rounded, floats);
    }
}
