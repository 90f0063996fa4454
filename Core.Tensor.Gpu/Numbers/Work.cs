namespace Vitrine.Tensors;

/// <summary>How many pieces of work a launch has in each direction, as a kernel receives it.</summary>
internal readonly struct Work(int x, int y, int z)
{
    public readonly int X = x, Y = y, Z = z;
}
