namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>A variance or a rank at its bound: the term and a name, the derivative by the variance on the null space of G,
/// and the steepest direction over the term with the derivative along it.</summary>
[<NoComparison; ReferenceEquality>]
type internal VarianceBound = {
    Term: int
    Name: string
    Multiplier: float
    Slope: float
    /// Over the effects; of a form its coordinates for a variance of one.
    Direction: float[]
    Tolerance: float
}

/// <summary>What is at its bound in one random term, from D = ∂f/∂G and its trace part.</summary>
[<RequireQualifiedAccess>]
module internal VarianceBound =

    // A derivative by a variance this small, relative to the trace part of D, is rounding.
    let private zeroDerivative = 1e-6

    let private toleranceOf n (scale: float[]) =
        let mutable largest = 0.0

        for i in 0 .. n - 1 do
            largest <- max largest (abs scale[i + i * n])

        zeroDerivative * largest

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

    // Shares of a correlation's range; forms with more correlations than this are looked along as they are.
    let private distances, mostTried = [ 0.2; 0.02 ], 4

    /// Coordinates of a form to look along: as they are, and each correlation near an end of its range. Where the variances are
    /// zero the criterion does not depend on the correlations, so that their values mean nothing.
    let private alternatives (form: EffectsForm) (own: float[]) =
        let others =
            [ 0 .. own.Length - 1 ]
            |> List.filter (fun k -> not (Array.contains k form.Deviations))

        [
            own

            if others.Length <= mostTried then
                for k in others do
                    for ending in form.Ends[k].All do
                        for distance in distances do
                            own
                            |> Array.mapi (fun at value -> if at = k then ending.From distance else value)
        ]

    /// The steepest of the directions of one form with its correlations: of a single deviation its matrix, else deviations that
    /// are all positive.
    let private along n (form: EffectsForm) (d: float[]) (scale: float[]) (own: float[]) =
        let unit = Array.copy own

        for at in form.Deviations do
            unit[at] <- 1.0

        let matrix = Semidefinite.square n (EffectsForm.lambda form unit)
        let weighted = Array.map2 (*) matrix d

        if form.Deviations.Length = 1 then
            Array.sum weighted, abs (Array.sum (Array.map2 (*) matrix scale)), unit
        else
            let struct (_, vectors) = Semidefinite.eigen n weighted
            let deviations = Array.init n (fun i -> abs vectors[i])

            let quadratic (m: float[]) =
                Seq.sumBy (fun k -> deviations[k % n] * deviations[k / n] * m[k]) (seq { 0 .. n * n - 1 })

            form.Deviations |> Array.iteri (fun i at -> unit[at] <- deviations[i])
            quadratic weighted, abs (quadratic (Array.map2 (*) matrix scale)), unit

    /// The bound of a term whose form has standard deviations of zero: D along the form's matrix.
    let ofForm t (term: RandomDesign) (form: EffectsForm) (own: float[]) (d: float[]) (scale: float[]) =
        let slope, size, direction =
            alternatives form own
            |> List.map (along form.Order form d scale)
            |> List.minBy (fun (slope, _, _) -> slope)

        {
            Term = t
            Name = $"{term.Group} {form.Names[form.Deviations[0]]}"
            Multiplier = slope
            Slope = slope
            Direction = direction
            Tolerance = zeroDerivative * size
        }
