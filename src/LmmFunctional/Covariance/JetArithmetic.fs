namespace LmmFunctional.Estimation

open System

/// <summary>Functions of jets, jets of the parameters, and what a matrix of jets gives to sums of derivatives.</summary>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module internal Jet =

    /// Zero.
    let zero = Jet.Constant 0.0

    /// One.
    let one = Jet.Constant 1.0

    /// A number that depends on no parameter.
    let number value = Jet.Constant value

    /// c x.
    let scale c (x: Jet) = Jet.Chain(c * x.Value, c, 0.0, x)

    /// c + x.
    let shift c (x: Jet) = Jet.Chain(c + x.Value, 1.0, 0.0, x)

    /// −x.
    let negate x = scale -1.0 x

    /// 1/x.
    let reciprocal (x: Jet) =
        let r = 1.0 / x.Value
        Jet.Chain(r, -r * r, 2.0 * r * r * r, x)

    /// e^x.
    let exp (x: Jet) =
        let e = exp x.Value
        Jet.Chain(e, e, e, x)

    /// The natural logarithm of a positive x.
    let log (x: Jet) =
        let r = 1.0 / x.Value
        Jet.Chain(log x.Value, r, -r * r, x)

    /// √x for a positive x.
    let sqrt (x: Jet) =
        let root = sqrt x.Value
        Jet.Chain(root, 0.5 / root, -0.25 / (root * x.Value), x)

    /// sin x.
    let sin (x: Jet) =
        let s, c = sin x.Value, cos x.Value
        Jet.Chain(s, c, -s, x)

    /// cos x.
    let cos (x: Jet) =
        let s, c = Operators.sin x.Value, cos x.Value
        Jet.Chain(c, -s, -c, x)

    /// x² without the cost of a product.
    let square (x: Jet) =
        Jet.Chain(x.Value * x.Value, 2.0 * x.Value, 2.0, x)

    /// Whether x is the number zero whatever the parameters are.
    let isZero (x: Jet) = x.Support.Length = 0 && x.Value = 0.0

    /// All parameters, as variables.
    let variables (tau: float[]) =
        tau |> Array.mapi (fun k value -> Jet.Variable(k, value))

    /// All parameters, as variables of first order: the same formulas then compute first derivatives alone.
    let firstOrder (tau: float[]) =
        tau |> Array.mapi (fun k value -> Jet.FirstOrder(k, value))

    /// All parameters, as constants: the same formulas then compute values alone.
    let constants (tau: float[]) = tau |> Array.map Jet.Constant

    /// The first derivative by parameter k.
    let derivative k (jet: Jet) =
        match Array.BinarySearch(jet.Support, k) with
        | place when place >= 0 -> jet.First[place]
        | _ -> 0.0

    /// The second derivative by parameters k and l.
    let secondDerivative k l (jet: Jet) =
        let a = Array.BinarySearch(jet.Support, max k l)
        let b = Array.BinarySearch(jet.Support, min k l)

        if a >= 0 && b >= 0 then
            jet.Second[a * (a + 1) / 2 + b]
        else
            0.0

    /// sum[k] ← sum[k] + weight · ∂/∂τ_k.
    let addFirst weight (sum: float[]) (jet: Jet) =
        for i in 0 .. jet.Support.Length - 1 do
            sum[jet.Support[i]] <- sum[jet.Support[i]] + weight * jet.First[i]

    /// sum ← sum + weight · ∂²/∂τ_k∂τ_l, a full symmetric matrix of this order, by columns.
    let addSecond weight order (sum: float[]) (jet: Jet) =
        let mutable at = 0

        for i in 0 .. jet.Support.Length - 1 do
            for j in 0..i do
                let k, l = jet.Support[i], jet.Support[j]
                let term = weight * jet.Second[at]
                sum[k + l * order] <- sum[k + l * order] + term

                if k <> l then
                    sum[l + k * order] <- sum[l + k * order] + term

                at <- at + 1

/// <summary>Arithmetic of jets; the language finds + and its like on public types only.</summary>
[<AutoOpen>]
module internal JetOperators =

    /// a + b.
    let (+.) (a: Jet) (b: Jet) = Jet.Sum(a, b)

    /// a − b.
    let (-.) (a: Jet) (b: Jet) = Jet.Difference(a, b)

    /// a b.
    let ( *. ) (a: Jet) (b: Jet) = Jet.Product(a, b)

    /// a / b.
    let (/.) (a: Jet) (b: Jet) = Jet.Product(a, Jet.reciprocal b)
