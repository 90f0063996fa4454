namespace Vitrine.Tensors;

/// <summary>Where a GPU kernel is written, and how its work is cut into groups; or, for one made of several, what launches them.</summary>
/// <param name="Source">Its file, without <c>.kernel.c</c>.</param>
/// <param name="Items">Work-items of a group.</param>
/// <param name="TileX">How much work in the first direction is one group's.</param>
/// <param name="TileY">The same in the second.</param>
internal sealed record GpuKernel(string Source, int Items, int TileX, int TileY)
{
    /// <summary>
    /// The name of a kernel that does some calls better, with the same tensors and scalars; null, or a result of null: this one.
    /// </summary>
    public Func<KernelCall, string?>? Instead { get; init; }

    /// <summary>The name of a kernel that does the same on the tensor cores of devices that have some; null where there is none.</summary>
    public string? OnTensorCores { get; init; }

    /// <summary>Whether it is made for any number of items per group, a power of 2.</summary>
    public bool SharesRows { get; private init; }

    /// <summary>Launches the kernels that together do what the op asks for; null for an ordinary kernel.</summary>
    public Action<KernelCall>? Parts { get; private init; }

    /// <summary>Single elements: the second direction (seeds) is a loop, or a kernel's own.</summary>
    public static GpuKernel Elements(string source, bool loopsOverSeeds = false) =>
        new(source, 256, 256, loopsOverSeeds ? int.MaxValue : 1);

    /// <summary>A group per row; its items are ROW in <c>kernel.h</c>, which a backend may change.</summary>
    public static GpuKernel Rows(string source) => new(source, 128, 1, 1) { SharesRows = true };

    /// <summary>A group per tile.</summary>
    public static GpuKernel Tiles(string source, int x, int y) => new(source, 256, x, y);

    /// <summary>Several kernels in a row.</summary>
    public static GpuKernel Of(Action<KernelCall> parts) => new("", 0, 1, 1) { Parts = parts };

    /// <summary>How many groups a launch has in each direction.</summary>
    public (int X, int Y, int Z) Groups(WorkSize work) => (Count(work.X, TileX), Count(work.Y, TileY), work.Z);

    private static int Count(int work, int tile) => (int)(((long)work + tile - 1) / tile);
}
