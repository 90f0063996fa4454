namespace Vitrine.Tensors;

/// <summary>What the machine can do at best, measured next to what is compared with it.</summary>
/// <param name="Copy">Bytes read plus bytes written per second by a copy of the benchmarks' size, in GB/s.</param>
/// <param name="Fma">Floating-point operations per second of fused multiply–adds on registers, in GFLOP/s; 0 where it was not
/// measured.</param>
/// <param name="Division">Divisions per second, in G/s; 0 where it was not measured.</param>
internal readonly record struct Peaks(double Copy, double Fma, double Division)
{
    /// <summary>The time in which the vector units can issue an op's operations, ms.</summary>
    public double Milliseconds(OpCost cost)
    {
        if (Fma == 0)
        {
            return 0;
        }
        double issued = Fma / 2; // G/s; of the two units a division occupies one
        double divisions = Division > 0 ? cost.Divisions * issued / Division / 2 : 0;
        return (cost.Operations + divisions) / issued / 1e6;
    }

    /// <summary>Which limit is the nearer one for so many bytes and so much arithmetic, and the time at that limit, ms.</summary>
    public (string Binds, double Ms) Limit(double bytes, OpCost cost)
    {
        double copy = bytes / Copy / 1e6, units = Milliseconds(cost);
        return units > copy ? ("units", units) : ("copy", copy);
    }
}
