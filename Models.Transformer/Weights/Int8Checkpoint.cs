using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// 8-bit weights as bitsandbytes stores them: <c>x.weight</c> int8 <c>[d_out, d_in]</c>, in GPT-2 too, and <c>x.SCB</c>, the largest
/// magnitude of each row: w = weight · SCB / 127. A <c>x.weight_format</c> of 0 says that rows are stored one after the other. Ours alone:
/// columns that stay in float32 are
/// <c>x.outliers</c> float32 <c>[d_out, kept]</c>, with their numbers in <c>x.outlier_columns</c> int32 <c>[kept]</c>.
/// </summary>
/// <remarks>Source: bitsandbytes, Linear8bitLt; transformers, Bnb8BitHfQuantizer.</remarks>
internal static class Int8Checkpoint
{
    /// <summary>What the float32 columns of a weight, and their numbers, are called next to it.</summary>
    public const string Outliers = "outliers", OutlierNumbers = "outlier_columns";

    private const string Weight = "weight", Scales = "SCB", Format = "weight_format";

    /// <summary>The <c>quant_method</c> of folders whose linear layers alone are in 8 bits.</summary>
    public const string Method = "bitsandbytes";

    /// <summary>
    /// The <c>quant_method</c> of folders where tables are too, or outlier columns next to them, which no other library reads: it must
    /// refuse them, not misread them.
    /// </summary>
    public const string OwnMethod = "vitrine_int8";

    /// <summary>The name of the scales next to a weight, or of another companion.</summary>
    public static string ScalesOf(string name, string companion = Scales) =>
        name.EndsWith(Weight, StringComparison.Ordinal) ? name[..^Weight.Length] + companion : $"{name}.{companion}";

    /// <summary>Whether a weight is stored in 8 bits, scales next to it.</summary>
    public static bool IsStored(WeightsFolder folder, string name) =>
        folder.Entry(name).Type == WeightType.I8 && folder.Contains(ScalesOf(name));

    /// <summary>The tensors that make up a stored weight.</summary>
    public static IEnumerable<string> Names(WeightsFolder folder, string name) =>
        new[] { name, ScalesOf(name), ScalesOf(name, Format), ScalesOf(name, Outliers),
            ScalesOf(name, OutlierNumbers) }.Where(folder.Contains);

    /// <summary>A stored weight: the integers are a view of the mapped file.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="name">The weight.</param>
    /// <param name="outliers">The threshold asked for: what is rounded already has lost the floats that it would keep.</param>
    /// <exception cref="WeightException">Rows are stored in another order, scales or outlier columns do not fit, or a threshold is asked
    /// for.</exception>
    public static Int8Matrix Read(WeightsFolder folder, string name, float outliers)
    {
        if (float.IsFinite(outliers))
        {
            throw Bad(folder, name, "outlier columns cannot be kept in floats, for the weight is in 8 bits already",
                folder.Entry(name).ToString(), "floats. Leave the threshold out, or use the checkpoint from before rounding");
        }
        string format = ScalesOf(name, Format), scales = ScalesOf(name);
        if (folder.Contains(format) && folder.FileOf(format).ReadFloats(format) is not [0])
        {
            throw Bad(folder, format, "rows of 8-bit weights are stored in the order of a GPU's tiles", "a format that is not 0",
                "weight_format 0. Save the model again with a newer bitsandbytes");
        }
        WeightFile file = folder.FileOf(name);
        float[] largest = folder.FileOf(scales).ReadFloats(scales);
        long rows = file.Entry(name).Shape[0];
        if (largest.Length != rows)
        {
            throw Bad(folder, scales, "the scales do not fit the weight", $"{largest.Length} for {file.Entry(name)}",
                $"{rows}, one per row");
        }
        Tensor values = file.ReadInt8(name);
        string kept = ScalesOf(name, Outliers), numbers = ScalesOf(name, OutlierNumbers);
        return Checked(folder, name, () => new Int8Matrix(values, Int8Matrix.Scales(largest), folder.Contains(kept)
            ? new([.. folder.FileOf(numbers).ReadFloats(numbers).Select(number => (int)number)], folder.Read(kept), values.Shape[1])
            : null));
    }

    /// <summary>A weight that is stored in floats, rounded.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="name">The weight.</param>
    /// <param name="transpose">Whether columns are to become rows.</param>
    /// <param name="outliers">The threshold from which columns stay in float32.</param>
    public static Int8Matrix Round(WeightsFolder folder, string name, bool transpose, float outliers)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        return Checked(folder, name, () => Int8Matrix.Quantize(Floats(folder, name, transpose), outliers));
    }

    /// <summary>The columns of a weight that is stored in floats which stay so; null when there are none.</summary>
    /// <inheritdoc cref="Round"/>
    public static OutlierColumns? Kept(WeightsFolder folder, string name, bool transpose, float outliers)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        return OutlierColumns.Split(Floats(folder, name, transpose), outliers).Kept;
    }

    /// <summary>The largest magnitudes of the rows of a weight that is stored in floats, but for the columns that stay so.</summary>
    /// <inheritdoc cref="Round"/>
    public static Tensor RoundedScales(WeightsFolder folder, string name, bool transpose, float outliers)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        float[] largest = Checked(folder, name,
            () => Int8Matrix.RowMaxima(OutlierColumns.Split(Floats(folder, name, transpose), outliers).Others));
        return Tensor.From(largest, [largest.Length], Device.Cpu);
    }

    private static Tensor Floats(WeightsFolder folder, string name, bool transpose)
    {
        Tensor w = folder.FileOf(name).Copy(name);
        return transpose ? w.Transpose() : w;
    }

    private static T Checked<T>(WeightsFolder folder, string name, Func<T> round)
    {
        try
        {
            return round();
        }
        catch (VitrineException e) when (e is not WeightException)
        {
            string file = folder.FileOf(name).FilePath;
            throw new WeightException($"{e.Message} File: {file} (tensor {WeightException.Quote(name)})", file, name, e);
        }
    }

    private static WeightException Bad(WeightsFolder folder, string tensor, string what, string got, string expected)
    {
        string file = folder.FileOf(tensor).FilePath;
        return new($"int8: {what}; got {got}; expected {expected}. File: {file} (tensor {WeightException.Quote(tensor)})", file, tensor);
    }
}
