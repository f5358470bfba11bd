namespace LmmFunctional.Analysis

open System.Collections.Immutable
open LmmFunctional.Numerics
open LmmFunctional.Estimation

/// <summary>A block of R, m×m, with its Cholesky factor.</summary>
[<NoComparison; ReferenceEquality>]
type internal FactoredBlock = {
    Order: int
    Elements: float[]
    Factor: float[]
}

/// <summary>Blocks of R that can be inverted, also where an estimate is at its bound.</summary>
/// <remarks>A fit may end where the residual variance of a level is zero, or a residual correlation one. V stays regular
/// there, but the mixed model equations are written with R⁻¹. So R is taken a little beside the bound: what is computed
/// changes by that share, and as many digits are left of the differences of large elements.</remarks>
[<RequireQualifiedAccess>]
module internal SingularResiduals =

    // Below this share of the largest variance a variance is zero: standard deviations of real data span fewer powers of ten.
    let private zero = 1e-24

    // What is left of a variance given the rows before, as a share of it, when it is rounding.
    let private determined = 1e-12

    // The share taken instead: half of the digits.
    let private beside = 1e-8

    let private factor m (elements: float[]) =
        let own = Array.copy elements

        let hasOwnVariance i =
            pown own[i + i * m] 2 > determined * elements[i + i * m]

        let isRegular =
            Dense.Factor(m, own) && Seq.forall hasOwnVariance (seq { 0 .. m - 1 })

        if isRegular then Some own else None

    let private shrinkCorrelations m (elements: float[]) =
        elements
        |> Array.mapi (fun at value -> if at % m = at / m then (1.0 + beside) * value else value)

    /// <summary>Blocks with their factors, from those of the estimates: m and the m×m elements of each.</summary>
    let invertible (blocks: struct (int * float[])[]) : FactoredBlock[] =
        let largest =
            (0.0, blocks)
            ||> Array.fold (fun largest (struct (m, elements)) ->
                Seq.fold (fun largest i -> max largest elements[i + i * m]) largest (seq { 0 .. m - 1 }))

        blocks
        |> Array.map (fun (struct (m, estimated)) ->
            let elements =
                estimated
                |> Array.mapi (fun at value ->
                    if at % m = at / m && value < zero * largest then
                        beside * largest
                    else
                        value)

            let block elements factor = {
                Order = m
                Elements = elements
                Factor = factor
            }

            match factor m elements with
            | Some found -> block elements found
            | None ->
                let shrunk = shrinkCorrelations m elements

                // What still has no factor has elements that are no numbers.
                factor m shrunk
                |> Option.defaultWith (fun () -> Array.create (m * m) nan)
                |> block shrunk)

    // Where 1 − ρ² of a process and the share of a nugget are as small as that.
    let private atEnd, besideEnd = 14.5, 9.9

    /// <summary>θ of a model of fields a little beside the ends of its correlations and of a share of zero of its nugget.</summary>
    let ofFields (model: SeparableModel) (theta: ImmutableArray<float>) =
        let own = Seq.toArray theta

        let first =
            own.Length - (MarginalModel.residualParameters model.Marginal theta).Length

        for axis in 0 .. model.Grid.Axes - 1 do
            let tau = own[first + axis]

            if abs tau > atEnd then
                own[first + axis] <- float (sign tau) * besideEnd

        // The logit of a share is twice as far out.
        if model.HasNugget && own[first + model.Grid.Axes] < -2.0 * atEnd then
            own[first + model.Grid.Axes] <- -2.0 * besideEnd

        ImmutableArray.CreateRange own
