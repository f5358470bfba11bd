namespace LmmFunctional

/// <summary>A variance or a rank at its bound: the term and a name, the derivative by the variance on the null space of G,
/// and the steepest direction over the term with the derivative along it.</summary>
[<NoComparison; ReferenceEquality>]
type internal VarianceBound = {
    Term: int
    Name: string
    Multiplier: float
    Slope: float
    Direction: float[]
    Tolerance: float
}

/// <summary>What is at its bound in one random term, from D = ∂f/∂G and its trace part.</summary>
[<RequireQualifiedAccess>]
module internal VarianceBound =

    // A derivative by a variance this small, relative to the trace part of D, is rounding.
    let private zeroDerivative = 1e-6

    let private toleranceOf n (scale: float[]) =
        zeroDerivative * (Seq.init n (fun i -> abs scale[i + i * n]) |> Seq.max)

    /// The bound of a G whose rank is below the highest it may have.
    let ofRank t (term: RandomDesign) rank most (lambda: float[]) (d: float[]) (scale: float[]) =
        let n = term.Names.Length
        let struct (values, vectors) = Semidefinite.eigen n d

        {
            Term = t
            Name =
                if rank = 0 then
                    let names = String.concat ", " term.Names
                    $"{term.Group} {names}"
                else
                    $"{term.Group} (rank {rank} of {most})"
            Multiplier = LowerRank.multiplier (n - rank) n (Semidefinite.square n lambda) d
            Slope = values[0]
            Direction = Array.sub vectors 0 n
            Tolerance = toleranceOf n scale
        }

    /// The bounds of one term whose λ has zero pivots: one for each variance of a diagonal term, one for the rank of G else.
    let ofPivots t (term: RandomDesign) (lambda: float[]) (zeros: int list) (d: float[]) (scale: float[]) =
        let n = term.Names.Length

        match term.Term.Structure with
        | Structure.Diagonal -> [
            for i in zeros ->
                {
                    Term = t
                    Name = $"{term.Group} {term.Names[i]}"
                    Multiplier = d[i + i * n]
                    Slope = d[i + i * n]
                    Direction = Array.init n (fun j -> if i = j then 1.0 else 0.0)
                    Tolerance = toleranceOf n scale
                }
          ]
        | _ -> [ ofRank t term (n - zeros.Length) n lambda d scale ]

    /// The bound of a term whose form has a standard deviation of zero: D along the form's matrix.
    let ofForm t (term: RandomDesign) (form: EffectsForm) (own: float[]) (d: float[]) (scale: float[]) =
        let unit = Array.copy own
        unit[form.Deviations[0]] <- 1.0
        let matrix = Semidefinite.square form.Order (EffectsForm.lambda form unit)

        let along weights =
            Array.fold2 (fun sum w m -> sum + w * m) 0.0 weights matrix

        {
            Term = t
            Name = $"{term.Group} {form.Names[form.Deviations[0]]}"
            Multiplier = along d
            Slope = along d
            Direction = [||]
            Tolerance = zeroDerivative * abs (along scale)
        }
