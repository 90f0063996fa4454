namespace Vitrine.Transformers;

/// <summary>Which dimensions of a head turn with the position, and how fast. Equal options give equal angles.</summary>
/// <param name="Dims">How many dimensions turn, from the first; even.</param>
/// <param name="Theta">The base of the wavelengths: frequency_i = theta^(−2i/dims).</param>
internal sealed record RotaryOptions(int Dims, double Theta)
{
    /// <summary>Whether pairs are neighbours (GPT-J) and not halves.</summary>
    public bool Interleaved { get; init; }

    /// <summary>Divides frequencies, so that longer texts turn no further than those of training; 1: no change.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Llama 3.1's rule of which frequencies <see cref="Factor"/> divides; null: all (“linear”, Chen et al. 2023).</summary>
    public Llama3Scaling? Llama3 { get; init; }

    /// <summary>Radians per position of each pair.</summary>
    public double[] Frequencies()
    {
        double[] frequencies = new double[Dims / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            double frequency = Math.Pow(Theta, -2.0 * i / Dims);
            frequencies[i] = Factor == 1 ? frequency : Llama3 is null ? frequency / Factor : Llama3.Scaled(frequency, Factor);
        }
        return frequencies;
    }

    /// <summary>
    /// Reads the settings of config.json, which has two dialects: <c>rope_theta</c> with <c>rope_scaling</c> (transformers 4), or
    /// <c>rope_parameters</c> with everything in it (transformers 5), perhaps one per kind of layer. What stands inside counts before what
    /// stands at the top.
    /// </summary>
    /// <param name="json">The configuration.</param>
    /// <param name="dHead">Width of a head.</param>
    /// <param name="theta">The base where the configuration names none.</param>
    /// <param name="layerType">The kind of layer, such as <c>sliding_attention</c>, for configurations that tell them apart.</param>
    /// <param name="share">The part of a head's dimensions that turn where the configuration names none.</param>
    /// <exception cref="ModelException">A kind of scaling that is not implemented, or a number out of its range.</exception>
    public static RotaryOptions Read(ModelConfig json, int dHead, double theta = 10000, string? layerType = null, double share = 1)
    {
        ModelConfig? parameters = json.Inner("rope_parameters"), scaling = json.Inner("rope_scaling");
        if (layerType is not null && (parameters?.Has(layerType) ?? false))
        {
            (parameters, scaling) = (parameters.Inner(layerType), null);
        }
        RotaryOptions options = new(0, Positive("rope_theta", theta));
        double part = Find("partial_rotary_factor")?.Number("partial_rotary_factor", share) ?? share;
        int dims = (int)(dHead * part);
        if (!(part is > 0 and <= 1) || dims < 2 || dims % 2 != 0)
        {
            throw json.Wrong("partial_rotary_factor", "does not give pairs to turn",
                FormattableString.Invariant($"{part} of {dHead} dimensions"),
                "an even number of dimensions, at least 2 and at most a head's");
        }
        options = options with { Dims = dims };
        foreach (ModelConfig inner in new[] { parameters, scaling }.OfType<ModelConfig>())
        {
            string kind = inner.Text("rope_type", inner.Text("type", "default"));
            options = kind switch
            {
                "default" => options,
                "linear" => options with { Factor = Factor(inner) },
                "llama3" => options with { Factor = Factor(inner), Llama3 = Llama3Scaling.Read(inner) },
                _ => throw inner.Wrong("rope_type", "names a scaling of rotary positions that is not supported", $"'{kind}'",
                    "default, linear or llama3"),
            };
        }
        return options;

        ModelConfig? Find(string key) => new[] { parameters, scaling, json }.FirstOrDefault(place => place?.Has(key) ?? false);

        double Positive(string key, double fallback) => (Find(key) ?? json).Positive(key, fallback);

        static double Factor(ModelConfig inner)
        {
            double factor = inner.Number("factor", double.NaN);
            return factor >= 1 ? factor : throw inner.Wrong("factor", "is no factor", FormattableString.Invariant($"{factor}"),
                "a number of at least 1");
        }
    }
}

/// <summary>
/// Llama 3.1's rule: waves shorter than original/high stay, those longer than original/low are slowed down by the factor, those between get
/// a mixture (1 − s)·f/factor + s·f with s = (original/wave − low)/(high − low). Source: Llama 3.1's model code, <c>apply_scaling</c>.
/// </summary>
/// <param name="Low"><c>low_freq_factor</c></param>
/// <param name="High"><c>high_freq_factor</c></param>
/// <param name="Original"><c>original_max_position_embeddings</c></param>
internal sealed record Llama3Scaling(double Low, double High, double Original)
{
    /// <summary>The frequency that takes the place of <paramref name="frequency"/>.</summary>
    public double Scaled(double frequency, double factor)
    {
        double wave = 2 * Math.PI / frequency;
        if (wave < Original / High)
        {
            return frequency;
        }
        double s = ((Original / wave) - Low) / (High - Low);
        return wave > Original / Low ? frequency / factor : ((1 - s) * frequency / factor) + (s * frequency);
    }

    /// <summary>Reads the three numbers.</summary>
    public static Llama3Scaling Read(ModelConfig json)
    {
        var scaling = new Llama3Scaling(json.Number("low_freq_factor", 1), json.Number("high_freq_factor", 4),
            json.Int("original_max_position_embeddings", 8192));
        return scaling.Low > 0 && scaling.High > scaling.Low
            ? scaling
            : throw json.Wrong("high_freq_factor", "is not above 'low_freq_factor'",
                FormattableString.Invariant($"{scaling.High} and {scaling.Low}"), "0 < low < high");
    }
}
