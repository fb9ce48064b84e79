"""What do words alone know? Accuracy without one training image, data set by data set.

    python benchmarks/words.py DATA [--sets goals clothing]

DATA holds the real pictures and, in `weights/`, MobileNetV2's weights, its ImageNet head and the ids
of its classes. Each image is answered by the network's class probabilities and the words of the
categories: the keywords of the shipped taxonomy for goals, the names of the labels elsewhere.
"""
